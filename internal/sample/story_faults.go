// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"slices"

	"github.com/kcidb-go/kcidb/report"
)

// storyFault is the reason of results that fail, on some branches. Revisions are
// counted back from the newest, which is 0.
type storyFault struct {
	name        string   // of its log in catalogue/story_logs.txt
	lines       []string // the branches
	first, last int      // the revisions at which it begins and ends, inclusive
	paths       []string // the tests that fail; for a build none
	build       string   // the build that fails, "ARCHITECTURE CONFIG COMPILER"
	arch        string   // limits tests
	platforms   []string // limits tests
	patches     string   // limits tests to the revisions with the patches of this subject
	odds        int      // in percent of runs, for flaky tests; else 0
}

// always is the first revision of faults that were there before the first revision.
const always = 99

// storyFaults are the faults. Each test has at most one.
var storyFaults = []storyFault{
	// New at the newest revision.
	{name: "iomap", lines: []string{"next"}, paths: []string{"xfstests.generic.091", "xfstests.generic.263", "xfstests.generic.521", "xfstests.xfs.538"}},
	{name: "pcie", lines: []string{"next"}, paths: []string{"boot"}, platforms: []string{"rk3588-rock-5b"}},
	{name: "pvr", lines: []string{"next"}, build: "riscv allmodconfig clang-21"},
	{name: "buddy", lines: []string{"stable"}, paths: []string{"kunit.drm_buddy.drm_test_buddy_alloc_pessimistic"}, arch: "i386"},
	{name: "tcp_ao", lines: []string{"net-next"}, paths: []string{"kselftest.net.tcp_ao.rst"}, patches: brokenPatches},

	// Still failing.
	{name: "cyclictest", lines: []string{"next"}, first: 2, paths: []string{"rt.cyclictest"}},
	{name: "nexthops", lines: []string{"next"}, first: 4, paths: []string{"kselftest.net.fib_nexthops"}},
	{name: "nexthops", lines: []string{"net-next"}, first: 9, paths: []string{"kselftest.net.fib_nexthops"}},
	{name: "mips", lines: []string{"next"}, first: 5, build: "mips 32r2el_defconfig gcc-14"},
	{name: "thp", lines: []string{"lts"}, first: 6, paths: []string{"ltp.mm.thp04"}},

	// Fixed at the newest revision.
	{name: "seccomp", lines: []string{"next"}, first: 3, last: 1, paths: []string{"kselftest.seccomp.seccomp_bpf"}},
	{name: "binder", lines: []string{"android"}, first: 4, last: 1, paths: []string{"kselftest.binder.binderfs_test"}},

	// Flaky. On its first platform it fails at the newest revision in any case.
	{name: "fanotify", lines: []string{"next", "mainline", "stable", "lts"}, first: always, paths: []string{"ltp.syscalls.fanotify14"},
		platforms: []string{"qemu-x86_64", "meson-g12b-a311d-khadas-vim3", "azure"}, odds: 18},
	{name: "dm_flakey", lines: []string{"next", "mainline", "stable"}, first: always, paths: []string{"xfstests.generic.475"},
		platforms: []string{"qemu-arm64"}, odds: 8},
	{name: "memcontrol", lines: []string{"next", "mainline"}, first: always, paths: []string{"kselftest.cgroup.test_memcontrol"},
		platforms: []string{"k3-am625-verdin-wifi-mallow"}, odds: 11},

	// Known issues, see storyIssues.
	{name: "mwifiex", lines: []string{"next", "mainline"}, first: 8, paths: []string{"kselftest.breakpoints.step_after_suspend_test"}},
	{name: "console", lines: []string{"next", "mainline", "lts"}, first: 10, paths: []string{"ltp.syscalls.fork14"},
		platforms: []string{"meson-g12b-a311d-khadas-vim3", "qemu-riscv64", "rk3588-rock-5b"}},
	{name: "rt5682", lines: []string{"next", "mainline", "stable", "lts"}, first: always, paths: []string{"kselftest.alsa.mixer-test_event_missing"},
		platforms: []string{"mt8183-kukui-jacuzzi-juniper-sku16"}},
	{name: "omap", lines: []string{"next", "mainline"}, first: always, build: "arm allmodconfig gcc-14"},
}

// storySlow is the revision of mainline since which perf.will-it-scale.page_fault1 is
// slower by an eighth.
const storySlow = 3

// present reports whether the fault is in a revision.
func (f *storyFault) present(r storyRevision) bool {
	return slices.Contains(f.lines, r.line.id) && f.last <= r.back && r.back <= f.first &&
		(f.patches == "" || r.patches != nil && r.patches.subject == f.patches)
}

// buildFault returns the reason why a build fails, or nil.
func (r storyRevision) buildFault(c *config) *storyFault {
	for i := range storyFaults {
		f := &storyFaults[i]
		if f.build == c.arch+" "+c.name+" "+c.compiler && f.present(r) {
			return f
		}
	}
	return nil
}

// testFault returns the reason why a test may fail on a platform, or nil.
func (r storyRevision) testFault(path string, p *platform) *storyFault {
	for i := range storyFaults {
		f := &storyFaults[i]
		if slices.Contains(f.paths, path) && (f.arch == "" || f.arch == p.arch) &&
			(f.platforms == nil || slices.Contains(f.platforms, p.name)) && f.present(r) {
			return f
		}
	}
	return nil
}

// outcome returns the outcome of a job's ith case, and the fault that is its reason, or
// nil. Some cases do not apply to some platforms.
func (r storyRevision) outcome(j *job, i int) (report.Status, *storyFault) {
	c, p := &j.suite.cases[i], j.platform
	if f := r.testFault(*c.path, p); f != nil && (f.odds == 0 || r.unlucky(f, p)) {
		return report.StatusFail, f
	}
	switch {
	case j.suite.status != "":
		return j.suite.status, nil
	case !j.suite.plain && j.suite.number == nil && !storyCase(*c.path) && percentOf(c.key, p.key) < 7:
		return report.StatusSkip, nil
	}
	return report.StatusPass, nil
}

// unlucky reports whether a flaky test fails on a platform at a revision. This does
// not depend on the time. It never fails at the revision before the newest, so that the
// newest does not look fixed or broken.
func (r storyRevision) unlucky(f *storyFault, p *platform) bool {
	if r.back == 0 && p.name == f.platforms[0] {
		return true
	}
	return r.back != 1 && percentOf(r.line.key, uint64(r.back), hash(f.name), p.key) < f.odds
}

// retried reports whether a failed flaky test of a revision runs once more, and
// passes.
func (r storyRevision) retried(f *storyFault) bool {
	return f.odds > 0 && (r.back == 0 || percentOf(r.line.key, uint64(r.back), hash(f.name)) < 50)
}

// storyCase reports whether a fault names the test.
func storyCase(path string) bool {
	return slices.ContainsFunc(storyFaults, func(f storyFault) bool { return slices.Contains(f.paths, path) })
}
