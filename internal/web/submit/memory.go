// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// memory is a number of bytes that bodies share. Long bodies get three quarters of it, so that
// a short one does not wait until the work on a long one ends.
type memory struct {
	*semaphore.Weighted                     // all bytes
	long                *semaphore.Weighted // those for long bodies
	most                int64               // bytes for long bodies
}

func newMemory(bytes int64) *memory {
	most := max(bytes*3/4, 1)
	return &memory{semaphore.NewWeighted(bytes), semaphore.NewWeighted(most), most}
}

// tryLong takes n bytes for a long body, if they are free.
func (m *memory) tryLong(n int64) bool {
	if !m.long.TryAcquire(n) {
		return false
	}
	if !m.TryAcquire(n) {
		m.long.Release(n)
		return false
	}
	return true
}

// acquireLong waits for n bytes for a long body.
func (m *memory) acquireLong(ctx context.Context, n int64) error {
	if err := m.long.Acquire(ctx, n); err != nil {
		return err
	}
	if err := m.Acquire(ctx, n); err != nil {
		m.long.Release(n)
		return err
	}
	return nil
}

// releaseLong gives n bytes of a long body back.
func (m *memory) releaseLong(n int64) {
	m.Release(n)
	m.long.Release(n)
}
