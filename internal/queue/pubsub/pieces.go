// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
)

// Several processes may pull, and Pub/Sub may hand the pieces of one set to any of them.
// So the process that has the first piece collects the others, and each other process
// gives its pieces back, after a time that grows with the age of the piece. The pieces
// need no order, so that any subscription serves.
const (
	// setTime is how long a process waits for the missing pieces of a set. It is longer than
	// a process that ended can hide them.
	setTime = 15 * time.Minute
	// maxSetBytes bounds the memory of the sets that are incomplete. It is larger than the
	// largest set.
	maxSetBytes = maxPieces * pieceSize * 5 / 4
	// pieceOverhead is what a piece takes apart from its message.
	pieceOverhead = 4 << 10
	// The bounds of the time for which a piece is given back.
	minReturn = time.Second
	maxReturn = time.Minute
	// lostAge and lostAttempts make a piece a dead letter: its others are gone. The age alone
	// would depend on the clock of this machine.
	lostAge      = time.Hour
	lostAttempts = 5
)

// set is some of the pieces of a message.
type set struct {
	pieces  []*delivery // by number, nil if missing
	missing int
	since   time.Time // when the first piece came
}

// memory returns the memory that a piece takes, in bytes: without data it takes some too,
// and any publisher can send first pieces of any number of sets.
func (d *delivery) memory() int { return proto.Size(d.messages[0]) + pieceOverhead }

// all returns the pieces that are there.
func (s *set) all() (out []*delivery) {
	for _, d := range s.pieces {
		if d != nil {
			out = append(out, d)
		}
	}
	return out
}

// collect puts a piece into its set. It returns false if the set is not collected here.
// The lock must be held.
func (p *pulling) collect(d *delivery) bool {
	s := p.sets[d.info.set]
	if s == nil {
		if d.info.piece != 0 {
			return false
		}
		s = &set{pieces: make([]*delivery, d.info.pieces), missing: d.info.pieces, since: time.Now()}
	}
	size := d.memory()
	if d.info.pieces != len(s.pieces) || p.setBytes+size > maxSetBytes {
		return false
	}
	p.sets[d.info.set] = s
	if old := s.pieces[d.info.piece]; old != nil {
		// The piece came twice. Both deliveries are acknowledged with the message.
		old.ackIDs = append(old.ackIDs, d.ackIDs...)
		return true
	}
	s.pieces[d.info.piece] = d
	s.missing--
	p.setBytes += size
	return true
}

// complete returns the message of a set and removes the set, or nil if a piece is missing.
// The lock must be held.
func (p *pulling) complete(name string) *delivery {
	s := p.sets[name]
	if s.missing > 0 {
		return nil
	}
	whole := s.pieces[0]
	for _, d := range p.drop(name)[1:] {
		whole.ackIDs = append(whole.ackIDs, d.ackIDs...)
		whole.messages = append(whole.messages, d.messages...)
	}
	return whole
}

// drop removes a set, and returns its pieces. The lock must be held.
func (p *pulling) drop(name string) []*delivery {
	pieces := p.sets[name].all()
	delete(p.sets, name)
	for _, d := range pieces {
		p.setBytes -= d.memory()
	}
	return pieces
}

// returnPiece gives a piece back for another process, or gives it up if its others are
// lost.
func (q *pubsubQueue) returnPiece(ctx context.Context, d *delivery) {
	age := time.Since(d.messages[0].PublishTime.AsTime())
	var err error
	if age > lostAge && d.attempt > lostAttempts {
		err = d.bury(ctx, "other pieces of it are lost", d.attempt)
	} else {
		err = q.sub.hide(ctx, d.ackIDs, min(max(age/4, minReturn), maxReturn))
	}
	if err != nil && q.alive.Err() == nil {
		q.cfg.Logger.Warn("piece of a message not given back", "id", d.info.ID, "error", err)
	}
}
