// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"errors"
	"io/fs"
	"os"
)

// LockFiles keeps services off the files of an embedded queue until unlock is called, so that
// they can be copied or replaced. It returns queue.ErrBusy if a process has the queue open. A
// folder that does not exist needs no lock.
func LockFiles(dir string) (unlock func(), err error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	return func() { unlockDir(lock) }, nil
}
