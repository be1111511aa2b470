// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime returns the processor time of this process so far. Tests of bounded work measure
// it, because the time of a clock goes on while a busy machine runs other processes.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
