// SPDX-License-Identifier: Apache-2.0

package need

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// Unprivileged drops root's right to read and write everywhere for the rest of the test: its
// thread acts as another user. Other goroutines keep the right.
func Unprivileged(t *testing.T) {
	t.Helper()
	const nobody = 65534
	become := func(user int) {
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, uintptr(user), 0, 0); errno != 0 {
			t.Fatal(errno)
		}
	}
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		become(nobody)
		t.Cleanup(func() { become(0); runtime.UnlockOSThread() })
	}
}
