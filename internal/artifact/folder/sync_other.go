// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package folder

// sync waits until files and folders are on disk.
func (b *Bucket) sync(names []string) error { return b.syncEach(names) }
