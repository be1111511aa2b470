// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package jetstream

import (
	"errors"
	"os"
)

// lockDir fails: without a lock that ends with its process, two processes
// could damage the queue's files.
func lockDir(string) (*os.File, error) {
	return nil, errors.New("an embedded queue is not supported on this system")
}

func unlockDir(lock *os.File) { _ = lock.Close() }
