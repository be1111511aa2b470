// SPDX-License-Identifier: Apache-2.0

package jetstream

import "syscall"

// freeBytes returns the free space on the disk of a directory.
func freeBytes(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
