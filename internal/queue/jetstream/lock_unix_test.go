// SPDX-License-Identifier: Apache-2.0

//go:build unix

package jetstream

import (
	"syscall"
	"testing"
)

// TestForked: a queue can be opened again though a copy of its lock's descriptor is open, as
// in a child between fork and exec.
func TestForked(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := open(t, cfg)
	fd, err := syscall.Dup(int(q.srv.lock.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, cfg)
}
