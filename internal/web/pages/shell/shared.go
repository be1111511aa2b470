// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"context"
	"sync"
	"time"
)

const (
	// readTime bounds one read.
	readTime = 20 * time.Second
	// A value is kept for keepAtLeast, and for keepFactor times as long as reading it took.
	// So reading takes at most a twentieth of the time, however many readers come.
	keepAtLeast = 10 * time.Second
	keepFactor  = 20
)

// Shared is a value that takes long to read, shared by all readers of a page. The zero Shared
// has no value yet.
type Shared[T any] struct {
	reading sync.Mutex // held while reading

	mu    sync.Mutex // guards what follows
	value T
	until time.Time // how long the value is good; zero before the first read
}

// Get returns the value, read a short while ago at most. While one request reads it, others
// get the last value.
func (s *Shared[T]) Get(ctx context.Context, now func() time.Time, read func(ctx context.Context) (T, error)) (T, error) {
	return s.GetFor(ctx, keepAtLeast, now, read)
}

// GetFor is Get for a value that is kept for longer.
func (s *Shared[T]) GetFor(ctx context.Context, keep time.Duration, now func() time.Time, read func(ctx context.Context) (T, error)) (T, error) {
	if last, until := s.last(); now().Before(until) {
		return last, nil
	} else if until.IsZero() {
		s.reading.Lock()
	} else if !s.reading.TryLock() {
		return last, nil
	}
	defer s.reading.Unlock()
	if last, until := s.last(); now().Before(until) {
		return last, nil // another request read it meanwhile
	}

	// Other requests use the value, so reading does not end with this request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTime)
	defer cancel()
	begin := now()
	value, err := read(ctx)
	if err != nil {
		return value, err
	}
	end := now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.until = value, end.Add(max(keep, keepFactor*end.Sub(begin)))
	return value, nil
}

func (s *Shared[T]) last() (T, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.until
}
