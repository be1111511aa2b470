// SPDX-License-Identifier: Apache-2.0

package folder

import (
	"errors"
	"io/fs"

	"golang.org/x/sync/errgroup"
)

// syncsAtOnce is how many files are synced at a time: the system writes their metadata
// together.
const syncsAtOnce = 8

// syncEach waits until each of the files and folders is on disk.
func (b *Bucket) syncEach(names []string) error {
	var group errgroup.Group
	group.SetLimit(syncsAtOnce)
	for _, name := range names {
		group.Go(func() error { return b.syncOne(name) })
	}
	return group.Wait()
}

// syncOne waits until a file or folder is on disk, unless it was deleted meanwhile.
func (b *Bucket) syncOne(name string) error {
	f, err := b.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
