// SPDX-License-Identifier: Apache-2.0

// Package queue defines the contract of a durable queue of submissions.
//
// Each driver has a folder of its own, and proves that it keeps the contract
// by running the suite of package queuetest.
package queue

import (
	"context"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

// The errors of a queue that a caller acts upon, each with its kind.
var (
	// ErrNotFound: the queue or the message does not exist.
	ErrNotFound = errkind.New(errkind.Gone, "not found in the queue")
	// ErrClosed: the queue was closed.
	ErrClosed = errkind.New(errkind.Busy, "queue closed")
	// ErrUnavailable: the engine does not answer. Trying again may help.
	ErrUnavailable = errkind.New(errkind.Busy, "queue unavailable")
	// ErrBusy: another process has the queue's files open.
	ErrBusy = errkind.New(errkind.Busy, "queue is in use by another process")
	// ErrFull: there is no space left for the message.
	ErrFull = errkind.New(errkind.Full, "no space left for the queue")
	// ErrTooLarge: the message exceeds the queue's limit.
	ErrTooLarge = errkind.New(errkind.TooLarge, "message too large for the queue")
	// ErrDamaged: the data of the message does not match the queue's record of
	// it, and is lost.
	ErrDamaged = errkind.New(errkind.Gone, "its data is damaged in the queue")
	// ErrForbidden: the account may not do this.
	ErrForbidden = errkind.New(errkind.Broken, "not permitted in the queue")
	// ErrUnsupported: this kind of queue cannot answer the question.
	ErrUnsupported = errkind.New(errkind.Unsupported, "this kind of queue cannot tell")
)

// Message is a submission on its way.
type Message struct {
	ID       string    // unique; publishing the same ID again within some minutes changes nothing, if the driver keeps IDs
	Origin   string    // the submitter, "" without authentication
	Token    string    // the ID of the submitter's token, "" without authentication
	Origins  string    // the origins that objects may have, with commas between them; "" for any
	Objects  int       // objects in Data, 0 if they were not counted
	Received time.Time // when the server received it: see package arrival
	Data     []byte    // the report
}

// Queue keeps messages until they are acknowledged. All methods may be
// called concurrently.
type Queue interface {
	// Close releases the queue's resources. Messages that were pulled and not
	// acknowledged come back later.
	Close() error
	// Init creates the queue unless it exists.
	Init(ctx context.Context) error
	// Cleanup removes the queue with all messages.
	Cleanup(ctx context.Context) error

	// Publish returns when the message is safe on disk. Data of any size up to
	// the queue's limit arrives as one message.
	Publish(ctx context.Context, m Message) error

	// Pull waits for a message, at most for the duration wait, and returns the
	// available messages, oldest first if the engine has an order, within the limits. The first message
	// is returned even if it alone exceeds a limit. No messages is not an
	// error.
	Pull(ctx context.Context, max Limits, wait time.Duration) ([]Delivery, error)
	// Pending reports whether a message with the ID is in the queue: waiting,
	// or pulled and not acknowledged. It is false for dead letters. It fails with
	// ErrUnsupported if the engine does not say.
	Pending(ctx context.Context, id string) (bool, error)
	// Newest returns the latest time at which a message was received, among the
	// messages in the queue and the dead letters, or the zero time if there are no
	// messages. Messages given up or restored hide no later time of the messages
	// before them. Published messages are assumed to be in the order of their
	// times: if several publishers' clocks differ, Newest is the time of the last
	// publication. It fails with ErrUnsupported if the engine does not say.
	Newest(ctx context.Context) (time.Time, error)
	// Stats returns the numbers of messages. They may be a moment old, and then
	// miss messages published or acknowledged since. The cost does not grow
	// with the numbers, because no message is read. A number that the engine does not say
	// is Unknown. Stats fails if the queue cannot be used, so that it serves as a check.
	Stats(ctx context.Context) (Stats, error)

	// DeadLetters returns the messages that were given up so far, oldest
	// first, without Data. It reads some at a time, so that any number takes
	// little memory, and messages may be restored or discarded during the
	// iteration. An error ends the sequence.
	DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error]
	// DeadLetter returns a message that was given up, with Data. It fails with
	// ErrNotFound if the message does not exist or a part of its data is gone, and
	// with ErrDamaged if the data is wrong.
	DeadLetter(ctx context.Context, id string) (DeadLetter, error)
	// Restore puts a message that was given up back into the queue, with no attempts
	// counted. It fails as DeadLetter does, and with ErrTooLarge if the message
	// exceeds the queue's present limit.
	Restore(ctx context.Context, id string) error
	// Discard removes a message that was given up for good.
	Discard(ctx context.Context, id string) error
}

// Sided is a queue with one object for its publishers and another for its subscribers, so
// that each can be created and removed without the other. Init and Cleanup of such a
// queue do both.
type Sided interface {
	// InitPublisher creates what publishers need, unless it exists.
	InitPublisher(ctx context.Context) error
	// InitSubscriber creates what subscribers need, unless it exists.
	InitSubscriber(ctx context.Context) error
	// CleanupPublisher removes what InitPublisher creates.
	CleanupPublisher(ctx context.Context) error
	// CleanupSubscriber removes what InitSubscriber creates, with all messages.
	CleanupSubscriber(ctx context.Context) error
}

// Hiding is a queue that hides the dead letters from other processes for a while after
// DeadLetters has listed them.
type Hiding interface {
	// ShowDeadLetters shows them again.
	ShowDeadLetters(ctx context.Context)
}

// Limits bound the messages that one Pull returns; 0 means no limit.
type Limits struct {
	Messages int
	Objects  int // by Message.Objects
	Bytes    int // of Data
}

// Delivery is a message that was handed out. It comes back unless one of its
// methods is called within the driver's visibility time.
type Delivery interface {
	Message() Message
	// Attempt returns how many times the message was handed out, including
	// this time.
	Attempt() int
	// Ack removes the message for good, and returns when the removal is safe
	// on disk.
	Ack(ctx context.Context) error
	// Refuse gives the message back. The message comes again after a while. It
	// becomes a dead letter instead if final is true, or if it was handed out
	// as many times as the driver allows.
	Refuse(ctx context.Context, reason string, final bool) error
	// Postpone gives the message back because of a problem that the message did not
	// cause. The message comes again after delay, or earlier if the engine does not wait
	// that long, and the messages behind it are
	// handed out meanwhile. The attempt counts; a driver opened without a limit
	// of attempts never makes it a dead letter.
	Postpone(ctx context.Context, delay time.Duration) error
	// Extend restarts the visibility time.
	Extend(ctx context.Context) error
}

// Unknown is a number in Stats that the engine does not say.
const Unknown = -1

// Stats are the numbers of messages in a queue.
type Stats struct {
	Messages    int   // waiting, or handed out and not acknowledged
	Bytes       int64 // of these messages
	Unacked     int   // handed out and not acknowledged
	DeadLetters int
	// Oldest is since when the oldest of these messages is in the queue, the zero time if
	// there are no messages, or the engine does not say.
	Oldest time.Time
}

// DeadLetter is a message that was given up.
type DeadLetter struct {
	Message
	Reason   string    // why
	Attempts int       // how many times it was handed out
	Time     time.Time // when it was given up
}
