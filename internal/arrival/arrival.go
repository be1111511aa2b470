// SPDX-License-Identifier: Apache-2.0

// Package arrival gives submissions the times at which they were received.
//
// Objects are merged by these times, so each submission gets a time of its own,
// later than those before it, also when the machine's clock steps back.
package arrival

import (
	"context"
	"sync"
	"time"
)

// MaxAhead is how far ahead of the clock a time may be to count: it may be of
// another machine's clock, or of this one's before it stepped back. One object of
// the year 2099 must not take all others along.
const MaxAhead = 24 * time.Hour

// After returns the time of what is received now, after something else: now, in
// microseconds, or a microsecond after the other time where that is later. An other
// time that is more than MaxAhead after now does not count.
func After(now, other time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if next := other.UTC().Truncate(time.Microsecond).Add(time.Microsecond); next.After(now) && Believable(now, other) {
		return next
	}
	return now
}

// Believable reports whether a time is not more than MaxAhead after now.
func Believable(now, t time.Time) bool { return !t.After(now.Add(MaxAhead)) }

// askTime is how long SeedBy waits. A server of queues may leave a question that the
// account is not allowed to ask without an answer.
const askTime = 2 * time.Second

// Clock gives times, each later than the one before. Its methods may be called
// concurrently.
type Clock struct {
	Now func() time.Time // the machine's clock

	mu   sync.Mutex
	last time.Time
}

// NewClock returns a clock over the machine's.
func NewClock(now func() time.Time) *Clock { return &Clock{Now: now} }

// Next returns the current time, in microseconds, or a microsecond after the last
// time given where that is later.
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

// Seed has all times from now on follow t, such as the newest time in a database
// that was filled before the process started. It returns false, and does nothing,
// where t is more than MaxAhead after the current time.
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

// SeedBy seeds the clock by the newest time of a queue, which it asks for. It takes two
// seconds at most. After an error the clock is good to use, but its times may be earlier
// than those in the queue if the machine's clock was stepped back.
func (c *Clock) SeedBy(ctx context.Context, newest func(context.Context) (time.Time, error)) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	t, err := newest(ctx)
	if err == nil {
		c.Seed(t)
	}
	return err
}
