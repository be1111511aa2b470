// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package jetstream

import "math"

// freeBytes returns no limit on this system: only the server notices a full
// disk.
func freeBytes(string) (int64, error) { return math.MaxInt64, nil }
