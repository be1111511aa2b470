// SPDX-License-Identifier: Apache-2.0

//go:build unix

package jetstream

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// lockDir locks the queue's files for this process. The system releases the
// lock when the process ends, however it ends. The file contains the process
// ID, which other processes show in their error.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w (%s)", queue.ErrBusy, strings.TrimSpace("process "+string(holder)))
		}
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	if err := f.Truncate(0); err == nil {
		fmt.Fprintln(f, os.Getpid())
	}
	return f, nil
}

// unlockDir releases a lock. Close alone would not release it while a child that this
// process has forked holds the file until it executes its program.
func unlockDir(lock *os.File) {
	_ = syscall.Flock(int(lock.Fd()), syscall.LOCK_UN) // fails only for a closed file
	_ = lock.Close()
}
