// SPDX-License-Identifier: Apache-2.0

// Package arrival gives submissions their IDs, and the times at which they were received.
//
// Objects are merged by these times, so each submission gets a time of its own,
// later than those before it, also when the machine's clock steps back.
package arrival

import (
	"context"
	"sync"
	"time"
)

// MaxAhead is how far ahead of the clock a time may be and still count. Such a
// time comes from another machine's clock, or from this machine's clock before it
// stepped back. The bound keeps one object of the year 2099 from moving all later
// times there.
const MaxAhead = 24 * time.Hour

// TimeAfter returns the time for a submission that is received now, after another one
// was received at the time other. The result is now in microseconds, or other plus
// a microsecond if that is later. If other is more than MaxAhead after now, it does
// not count.
func TimeAfter(now, other time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if next := other.UTC().Truncate(time.Microsecond).Add(time.Microsecond); next.After(now) && Believable(now, other) {
		return next
	}
	return now
}

// Believable reports whether a time is not more than MaxAhead after now.
func Believable(now, t time.Time) bool { return !t.After(now.Add(MaxAhead)) }

// askTime is how long SeedBy waits. A NATS server may leave a request unanswered if
// the account is not allowed to send it.
const askTime = 2 * time.Second

// Clock gives times, each later than the one before. Its methods may be called
// concurrently.
type Clock struct {
	Now func() time.Time // the machine's clock

	mu   sync.Mutex
	last time.Time
}

// NewClock returns a clock that reads the machine's clock with now.
func NewClock(now func() time.Time) *Clock { return &Clock{Now: now} }

// Next returns the current time in microseconds, or the last returned time plus a
// microsecond if that is later.
func (c *Clock) Next() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now().UTC().Truncate(time.Microsecond)
	if next := c.last.Add(time.Microsecond); next.After(now) {
		now = next
	}
	c.last = now
	return now
}

// Seed makes all times from now on follow t, for example the newest time in a
// database that was filled before the process started. If t is more than MaxAhead
// after the current time, Seed does nothing and returns false.
func (c *Clock) Seed(t time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !Believable(c.Now(), t) {
		return false
	}
	if t.After(c.last) {
		c.last = t.UTC().Truncate(time.Microsecond)
	}
	return true
}

// SeedBy seeds the clock with the newest time in a queue, which newest returns. It takes
// two seconds at most. After an error the clock works, but its times may be earlier than
// those in the queue if the machine's clock was stepped back.
func (c *Clock) SeedBy(ctx context.Context, newest func(context.Context) (time.Time, error)) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	t, err := newest(ctx)
	if err == nil {
		c.Seed(t)
	}
	return err
}
