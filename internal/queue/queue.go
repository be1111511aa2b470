// SPDX-License-Identifier: Apache-2.0

// Package queue is the contract of a durable queue of submissions.
//
// A driver lives in a folder of its own, keeps this contract, and shows it by
// running the suite of package queuetest.
package queue

import (
	"context"
	"errors"
	"iter"
	"time"
)

// The ways a queue fails that a caller acts upon.
var (
	// ErrNotFound: the queue, or the message, is not there.
	ErrNotFound = errors.New("not found in the queue")
	// ErrClosed: the queue was closed.
	ErrClosed = errors.New("queue closed")
	// ErrUnavailable: the engine does not answer; trying again may help.
	ErrUnavailable = errors.New("queue unavailable")
	// ErrBusy: another process has the queue's files open.
	ErrBusy = errors.New("queue is in use by another process")
	// ErrFull: there is no room left for the message.
	ErrFull = errors.New("no space left for the queue")
	// ErrTooLarge: the message is larger than the queue takes.
	ErrTooLarge = errors.New("message too large for the queue")
	// ErrDamaged: the data of the message is not what the queue noted of it. It
	// cannot be had any more.
	ErrDamaged = errors.New("its data is damaged in the queue")
)

// Message is a submission on its way.
type Message struct {
	ID       string    // unique; publishing the same ID again within some minutes changes nothing
	Origin   string    // who handed it in, "" where nobody was asked
	Objects  int       // objects in Data, 0 when not counted
	Received time.Time // when it was taken in: see package arrival
	Data     []byte    // the report
}

// Queue keeps messages until they are acknowledged. All methods may be
// called concurrently.
type Queue interface {
	// Close releases what the queue holds. Messages pulled and not yet
	// acknowledged come back later.
	Close() error
	// Init makes the queue where it is not there yet.
	Init(ctx context.Context) error
	// Cleanup removes the queue with all messages.
	Cleanup(ctx context.Context) error

	// Publish returns once the message is safe on disk. Data of any size up
	// to the queue's limit arrives as one message.
	Publish(ctx context.Context, m Message) error

	// Pull waits until a message is there, or wait has passed, and returns
	// those there are, oldest first, within the limits. The first message is
	// returned even where it alone is beyond a limit. No message is not an
	// error.
	Pull(ctx context.Context, max Limits, wait time.Duration) ([]Delivery, error)
	// Pending tells whether a message with the ID is in the queue: waiting,
	// or pulled and not yet acknowledged. Dead letters are not.
	Pending(ctx context.Context, id string) (bool, error)
	// Newest returns the latest time at which a message was received, of those in
	// the queue and of those given up; the zero time where there is none. Messages
	// given up or restored hide no later time of those before them. Those that were
	// published are taken to be in the order of their times: of several publishers
	// whose clocks differ, it is the time of the one that published last.
	Newest(ctx context.Context) (time.Time, error)
	// Stats returns the numbers of messages. They may be those of a moment
	// ago, without what was published or acknowledged since. What it costs does
	// not grow with these numbers: no message is read.
	Stats(ctx context.Context) (Stats, error)

	// DeadLetters returns the messages that have been given up so far, oldest
	// first, without Data. They are read while they are ranged over, some at a
	// time, so any number takes little memory, and they may be restored or
	// discarded meanwhile. After an error there are no more.
	DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error]
	// DeadLetter returns a message given up, with Data. ErrNotFound where there is
	// none, or where a part of its data is gone; ErrDamaged where the data is wrong.
	DeadLetter(ctx context.Context, id string) (DeadLetter, error)
	// Restore puts a message given up back into the queue, with no attempts counted.
	// It fails as DeadLetter does, and with ErrTooLarge where the queue takes less
	// by now.
	Restore(ctx context.Context, id string) error
	// Discard removes a message given up for good.
	Discard(ctx context.Context, id string) error
}

// Limits bound what Pull returns at once; 0 is no bound.
type Limits struct {
	Messages int
	Objects  int // by Message.Objects
	Bytes    int // of Data
}

// Delivery is a message handed out. Unless one of its methods is called in
// time (the driver's visibility time) it comes back.
type Delivery interface {
	Message() Message
	// Attempt tells how many times the message was handed out, from 1.
	Attempt() int
	// Ack removes the message for good, and returns once that is safe.
	Ack(ctx context.Context) error
	// Refuse gives the message back. It comes again after a while, or goes
	// to the dead letters when it has failed as often as the driver allows,
	// or when final is true.
	Refuse(ctx context.Context, reason string, final bool) error
	// Later gives the message back because of trouble that is no fault of its
	// own. It comes again after delay, and messages behind it are handed out
	// meanwhile. The attempt counts; a driver opened without a bound of attempts
	// never makes a dead letter of it.
	Later(ctx context.Context, delay time.Duration) error
	// Extend gives as much time again as there was at the beginning.
	Extend(ctx context.Context) error
}

// Stats are the numbers of messages in a queue.
type Stats struct {
	Messages    int   // waiting, or handed out and not acknowledged
	Bytes       int64 // of these
	Unacked     int   // handed out and not acknowledged
	DeadLetters int
}

// DeadLetter is a message given up.
type DeadLetter struct {
	Message
	Reason   string    // why
	Attempts int       // how often it was handed out
	Time     time.Time // when it was given up
}
