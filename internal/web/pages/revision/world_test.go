// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

var now = pagestest.Now

const repository = "https://git.kernel.org/pub/scm/linux/kernel/git/next/linux-next.git"

// hashOf returns the hash of the commit with a number.
func hashOf(n int) string { return fmt.Sprintf("%02x1c0d3a9b2e47d0b5518ca7f3e6d2a19c04be77", 0x60+n) }

// serve returns the room with reports, judged.
func serve(t *testing.T, reports ...*report.Report) *pagestest.World {
	t.Helper()
	return pagestest.New(t, Routes, reports...)
}

// world makes the reports of the tests.
type world struct{ report.Report }

// checkout adds a checkout of the commit with a number, which started so many hours ago.
func (w *world) checkout(origin string, n, hoursAgo int) *report.Checkout {
	w.Checkouts = append(w.Checkouts, report.Checkout{
		ID: fmt.Sprintf("%s:c%d", origin, n), Origin: origin, TreeName: new("next"), GitRepositoryURL: new(repository), GitRepositoryBranch: new("master"),
		GitCommitHash: new(hashOf(n)), GitCommitName: new(fmt.Sprintf("next-2026112%d", n)), PatchsetHash: new(""), StartTime: new(now.Add(-time.Duration(hoursAgo) * time.Hour)),
	})
	return &w.Checkouts[len(w.Checkouts)-1]
}

// build adds a build to a checkout.
func (w *world) build(checkout, name, status string) *report.Build {
	origin, _, _ := strings.Cut(checkout, ":")
	parts := strings.Fields(name)
	w.Builds = append(w.Builds, report.Build{
		ID: checkout + "." + strings.Join(parts, "."), Origin: origin, CheckoutID: checkout, Status: new(report.Status(status)),
		Architecture: &parts[0], ConfigName: &parts[1], Compiler: &parts[2],
	})
	return &w.Builds[len(w.Builds)-1]
}

// test adds a test of a build on a platform in a lab.
func (w *world) test(build, path, platform, lab, status string) *report.Test {
	origin, _, _ := strings.Cut(build, ":")
	environment, _ := json.Marshal(map[string]string{"platform": platform})
	misc, _ := json.Marshal(map[string]string{"runtime": lab})
	w.Tests = append(w.Tests, report.Test{
		ID: fmt.Sprintf("%s.%s.%s.%d", build, path, platform, len(w.Tests)), Origin: origin, BuildID: build, Path: &path, Status: new(report.Status(status)),
		Environment: &report.Environment{Misc: environment}, Misc: misc,
	})
	return &w.Tests[len(w.Tests)-1]
}

const warning = "------------[ cut here ]------------\nWARNING: CPU: 2 PID: 2114 at fs/iomap/iter.c:34 iomap_iter_advance+0x94/0xb0\nCall trace:\n"

// twoRevisions has an earlier revision, 6, and a later one, 7, with results of all verdicts.
func twoRevisions() *report.Report {
	w := new(world)
	for n := 5; n <= 7; n++ {
		c := w.checkout("maestro", n, 24*(8-n)-11)
		if n == 7 {
			c.GitCommitMessage, c.GitCommitTags = new("Add linux-next specific files for 20261127\n\nSigned-off-by: A\n"), []string{"next-20261127"}
			c.OriginBuildsFinishTime, c.LogURL = new(now), new("https://ci.example.org/log/7")
		} else {
			w.checkout("redhat", n, 24*(8-n)-10)
			w.build(fmt.Sprintf("redhat:c%d", n), "s390x defconfig gcc-14", "PASS")
		}
		at := func(from int, status, before string) string {
			if n >= from {
				return status
			}
			return before
		}
		id := c.ID
		arm := w.build(id, "arm64 defconfig gcc-14", "PASS").ID
		clang := w.build(id, "arm64 defconfig clang-21", "PASS").ID
		w.build(id, "x86_64 allmodconfig gcc-14", "PASS")
		failed := w.build(id, "riscv allmodconfig clang-21", at(7, "FAIL", "PASS"))
		if n >= 7 {
			failed.LogExcerpt = new("drivers/gpu/drm/imagination/pvr_power.c:412:9: error: variable 'err' is uninitialized\n")
		}
		w.build(id, "mips defconfig gcc-14", "FAIL").LogExcerpt = new("arch/mips/x.c:1:2: error: implicit declaration of function 'sync_dma_dev'\n")
		for _, board := range []string{"khadas-vim3", "imx8mp-verdin", "k3-am625", "qemu-arm64"} {
			t := w.test(arm, "xfstests.generic.091", board, "lava-"+board[:2], at(7, "FAIL", "PASS"))
			if n >= 7 {
				t.LogExcerpt = new(warning)
			}
			w.test(arm, "boot", board, "lava-"+board[:2], "PASS")
			for i := range 5 {
				w.test(arm, fmt.Sprintf("ltp.syscalls.fork%02d", i), board, "lava-"+board[:2], "PASS")
			}
		}
		boot := w.test(clang, "boot", "rk3588-rock-5b", "lava-ridge", at(7, "FAIL", "PASS"))
		if n >= 7 {
			boot.LogExcerpt = new("Unable to handle kernel NULL pointer dereference at virtual address 0000000000000028\n")
		} else {
			w.test(clang, "kselftest.net.tls", "rk3588-rock-5b", "lava-ridge", "PASS")
			w.test(arm, "rt.cyclictest", "qemu-arm64", "lava-qe", "PASS")
		}
		w.test(arm, "kselftest.net.fib_nexthops", "qemu-arm64", "lava-qe", at(6, "FAIL", "PASS")).LogExcerpt = new("not ok 3 selftests: net: fib_nexthops.sh # exit=1\n")
		known := w.test(arm, "ltp.syscalls.fork14", "k3-am625", "lava-k3", "FAIL")
		w.Incidents = append(w.Incidents, report.Incident{
			ID: fmt.Sprintf("maestro:i%d", n), Origin: "maestro", IssueID: "maestro:ltp-console", IssueVersion: 1, TestID: &known.ID, Present: new(true),
		})
		w.test(arm, "kselftest.cgroup.test_memcontrol", "k3-am625", "lava-k3", "PASS")
		w.test(arm, "kselftest.cgroup.test_memcontrol", "k3-am625", "lava-k3", at(7, "FAIL", "PASS"))
		w.test(arm, "kselftest.arm64.sve-ptrace", "qemu-arm64", "lava-qe", at(7, "PASS", "FAIL"))
		for i := range 3 {
			lost := w.test(arm, fmt.Sprintf("kselftest.mm.test%d", i), "khadas-vim3", "lava-harbour", at(7, "MISS", "PASS"))
			if n >= 7 {
				lost.Misc = json.RawMessage(`{"runtime": "lava-harbour", "error_msg": "503 Service Unavailable"}`)
			}
		}
		w.test(arm, "kunit.list", "qemu-arm64", "lava-qe", "SKIP")
		number := w.test(arm, "perf.will-it-scale", "imx8mp-verdin", "lava-im", "PASS")
		number.Number = &report.Number{Value: map[bool]float64{true: 431, false: 402}[n >= 7], Unit: new("ops/s")}
	}
	w.test("maestro:c7.arm64.defconfig.gcc-14", "kunit.rust", "qemu-arm64", "lava-qe", "PASS")
	w.Issues = append(w.Issues, report.Issue{
		ID: "maestro:ltp-console", Origin: "maestro", Version: 1, Comment: new("kirk loses its console after fork14"),
	})
	return &w.Report
}
