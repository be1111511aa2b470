// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/verdict"
)

var faults = []struct {
	name, excerpt, path, line string
	number                    int
	title                     string
}{
	{"nothing", "", "ltp.a", "", 0, ""},
	{"no fault", "all is well\nno errors\nTotals: pass:3 fail:0 error:0", "ltp.a", "", 0, ""},
	{
		"warning", "x\n[   12.345678] ------------[ cut here ]------------\n[   12.345679] WARNING: CPU: 1 PID: 77 at fs/iomap/iter.c:33 iomap_iter_advance+0x12/0x40\r\n[ 12.4] more",
		"xfstests.generic.001", "WARNING: CPU: 1 PID: 77 at fs/iomap/iter.c:33 iomap_iter_advance+0x12/0x40", 3, "WARNING in iomap_iter_advance",
	},
	{"warning of a newer kernel", "[ 1.000000][  T1] WARNING: fs/iomap/iter.c:33 at iomap_iter_advance+0x1/0x2, CPU#1: fsx/77", "",
		"WARNING: fs/iomap/iter.c:33 at iomap_iter_advance+0x1/0x2, CPU#1: fsx/77", 1, "WARNING in iomap_iter_advance"},
	{"KASAN", "<3>[    1.234567] BUG: KASAN: slab-out-of-bounds in foo.constprop.0+0x12/0x40\n", "boot",
		"BUG: KASAN: slab-out-of-bounds in foo.constprop.0+0x12/0x40", 1, "KASAN: slab-out-of-bounds in foo"},
	{"UBSAN", "[    1.234567] UBSAN: shift-out-of-bounds in ./include/linux/log2.h:57:13", "boot",
		"UBSAN: shift-out-of-bounds in ./include/linux/log2.h:57:13", 1, "UBSAN: shift-out-of-bounds in ./include/linux/log2.h"},
	{
		"paging request on arm64", "[    1.000000] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010\n[    1.000001] pc : cros_ec_check+0x10/0x40\n",
		"boot", "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010", 1, "NULL pointer dereference in cros_ec_check",
	},
	{
		"paging request on x86", "[    1.000000] BUG: unable to handle page fault for address: ffff888012345678\n[    1.000001] RIP: 0010:amdgpu_dump+0x10/0x40\n",
		"boot", "BUG: unable to handle page fault for address: ffff888012345678", 1, "page fault in amdgpu_dump",
	},
	{"panic", "[    9.000000] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b", "boot",
		"Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b", 1, "kernel panic: Attempted to kill init! exitcode=#"},
	{"the first fault", "[    9.000000] BUG: KFENCE: use-after-free in a+0x1\n[    9.100000] Kernel panic - not syncing: b", "boot",
		"BUG: KFENCE: use-after-free in a+0x1", 1, "KFENCE: use-after-free in a"},
	{"stall", "[  100.000000] rcu: INFO: rcu_preempt self-detected stall on CPU", "boot", "rcu: INFO: rcu_preempt self-detected stall on CPU", 1, "rcu detected stall"},
	{"hung task", "[  100.000000] INFO: task kworker/0:1:12 blocked for more than 120 seconds.", "boot",
		"INFO: task kworker/0:1:12 blocked for more than 120 seconds.", 1, "task hung: kworker/0:1"},
	{"lockup", "[ 26.000001] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [swapper/1:0]\n[ 26.000002] pc : spin+0x1/0x2", "boot",
		"watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [swapper/1:0]", 1, "soft lockup in spin"},
	{"locking", "[ 26.000001] WARNING: possible circular locking dependency detected", "boot",
		"WARNING: possible circular locking dependency detected", 1, "possible circular locking"},
	{"kernel BUG", "[ 26.000001] kernel BUG at mm/slub.c:12!", "boot", "kernel BUG at mm/slub.c:12!", 1, "kernel BUG in mm/slub.c"},
	{"compiler", "make[2]: Entering\n../drivers/gpu/a.c:12:3: error: implicit declaration of function ‘b’\nmake[2]: *** [a.o] Error 1", "",
		"../drivers/gpu/a.c:12:3: error: implicit declaration of function ‘b’", 2, ""},
	{"linker", "aarch64-linux-gnu-ld: a.o: in function `f':\na.c:(.text+0x1): undefined reference to `g'\nmake: *** [vmlinux] Error 1", "",
		"a.c:(.text+0x1): undefined reference to `g'", 2, ""},
	{"modpost", "ERROR: modpost: \"x\" [y.ko] undefined!", "", "ERROR: modpost: \"x\" [y.ko] undefined!", 1, ""},
	{"make", "a\nmake[1]: *** [Makefile:1: all] Error 2", "", "make[1]: *** [Makefile:1: all] Error 2", 2, ""},
	{"kselftest", "# ok\nnot ok 1 selftests: net: other\nnot ok 2 selftests: net: tls # exit=1", "kselftest.net.tls", "not ok 2 selftests: net: tls # exit=1", 3, ""},
	{"LTP", "tst_test.c:1: TINFO: Timeout\nfoo.c:12: TFAIL: write() failed: EIO (5)\nSummary:\nfailed 1", "ltp.syscalls.foo01", "foo.c:12: TFAIL: write() failed: EIO (5)", 2, ""},
	{"error", "WARNING: Optional imports are missing\nfatal error: cannot open\x1b[0m\t/dev/x", "ltp.a", "fatal error: cannot open /dev/x", 2, ""},
}

func TestFault(t *testing.T) {
	for _, c := range faults {
		line, number, title := verdict.Fault(c.excerpt, c.path)
		if line != c.line || number != c.number || title != c.title {
			t.Errorf("%s:\n%d %q, %q, want\n%d %q, %q", c.name, number, line, title, c.number, c.line, c.title)
		}
	}
}

func FuzzFault(f *testing.F) {
	for _, c := range faults {
		f.Add(c.excerpt, c.path)
	}
	f.Fuzz(func(t *testing.T, excerpt, path string) {
		line, number, title := verdict.Fault(excerpt, path)
		if len(line) > 300 || len(title) > 300 || !utf8.ValidString(line) || !utf8.ValidString(title) || strings.ContainsAny(line, "\n\x00") {
			t.Errorf("line %q, title %q", line, title)
		}
		if (line == "") != (number == 0) || line == "" && title != "" || number > 1+strings.Count(excerpt, "\n") {
			t.Errorf("line %d: %q, title %q", number, line, title)
		}
	})
}

func TestMask(t *testing.T) {
	for line, want := range map[string]string{
		"a.c:12: TFAIL: write() failed: EIO (5) at 0xffff888012345678": "a.c:#: TFAIL: write() failed: EIO (#) at #",
		"ip6 of iso9660 took 1.5 s, -22 in /tmp/kirk.123/x":            "ip6 of iso9660 took # s, -22 in /tmp/#/x",
	} {
		if got := verdict.Mask(line); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

func BenchmarkFault(b *testing.B) {
	excerpt := strings.Repeat("[    1.234567] systemd[1]: Started session 1 of user root, with no mistake.\n", 218) + "not ok 2 selftests: net: tls # exit=1\n"
	b.SetBytes(int64(len(excerpt)))
	for b.Loop() {
		verdict.Fault(excerpt, "kselftest.net.tls")
	}
}
