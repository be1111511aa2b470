// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"syscall"
)

// space is what a disk has.
type space struct {
	free, total      uint64 // bytes
	freeFiles, files uint64 // inodes; 0 if the file system has no limit
}

func spaceOf(dir string) (space, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return space{}, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	size := uint64(s.Bsize)
	return space{s.Bavail * size, s.Blocks * size, s.Ffree, s.Files}, nil
}

// openFiles returns how many files a process may open.
func openFiles() (uint64, error) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return limit.Max, err
}
