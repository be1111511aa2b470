// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package doctor

import "errors"

// space is what a disk has.
type space struct{ free, total, freeFiles, files uint64 }

func spaceOf(string) (space, error) {
	return space{}, errors.New("the space is unknown on this system")
}

func openFiles() (uint64, error) { return 0, errors.ErrUnsupported }
