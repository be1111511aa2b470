// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"errors"

	"golang.org/x/sys/unix"
)

// fewFiles is the number of files up to which it takes less time to sync each of them than
// to sync the whole file system, which other programs write to.
const fewFiles = 16

// sync waits until files and folders are on disk.
func (b *Bucket) sync(names []string) error {
	if len(names) <= fewFiles {
		return b.syncEach(names)
	}
	f, err := b.root.Open(unfinished)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}
