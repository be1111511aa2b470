// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// Topic is a source in memory for spools that keep no changes. Like a topic, it sends a
// batch until it is done, to everyone who asks.
type Topic struct {
	Now func() time.Time

	mu      sync.Mutex
	noted   int
	waiting []spool.Batch
}

var _ Source = (*Topic)(nil)

// Note adds a batch.
func (s *Topic) Note(_ *testing.T, objects int, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noted++
	s.waiting = append(s.waiting, spool.Batch{ID: strconv.Itoa(s.noted), At: s.Now(), Objects: objects, Data: []byte(data)})
}

// Watch does nothing.
func (s *Topic) Watch(context.Context) error { return nil }

// Changes returns the oldest batches.
func (s *Topic) Changes(ctx context.Context, objects int) ([]spool.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for n < len(s.waiting) && n < spool.MostBatches && (n == 0 || objects >= s.waiting[n].Objects) {
		objects -= s.waiting[n].Objects
		n++
	}
	return append([]spool.Batch(nil), s.waiting[:n]...), nil
}

// Done ends batches.
func (s *Topic) Done(ctx context.Context, batches []string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(b spool.Batch) bool { return slices.Contains(batches, b.ID) })
	return nil
}

// Backlog returns how many changes wait.
func (s *Topic) Backlog(context.Context) (b spool.Backlog, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, batch := range s.waiting {
		b.Batches++
		b.Objects += int64(batch.Objects)
	}
	return b, nil
}
