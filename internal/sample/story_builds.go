// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// testedAfter is the time after which a revision has all builds, tests and incidents.
// Only redhat tests longer.
const testedAfter = 3 * time.Hour

// addCheckout adds the builds and tests of a checkout, and the checkout with the
// times when they were done. o is the checkout as it was reported.
func (t *teller) addCheckout(r storyRevision, c *checkout, o report.Checkout) {
	built := c.start
	for _, sb := range t.builds {
		if sb.origin != c.origin || sb.depth > r.line.depth {
			continue
		}
		b := &build{checkout: c, rev: r.revision, config: sb.config, key: hashKeys(c.key, sb.key)}
		b.start = c.start.Add(minutes(2, 6, b.key))
		b.id = b.newID()
		b.millis = int(minutes(3, 18, b.key, 1).Milliseconds())
		end := b.start.Add(time.Duration(b.millis) * time.Millisecond)
		if end.After(built) {
			built = end
		}
		t.addBuild(r, b, end.Add(time.Minute))
	}
	if c.origin == "redhat" {
		t.addHourly(r, c)
		return
	}
	if c.origin != "maestro" {
		return
	}
	o.OriginBuildsFinishTime = new(built.Truncate(time.Second))
	t.post(built.Add(2*time.Minute), &report.Report{Checkouts: []report.Checkout{o}})
	o.OriginTestsFinishTime = new(r.at.Add(testedAfter - 5*time.Minute))
	t.post(r.at.Add(testedAfter-time.Minute), &report.Report{Checkouts: []report.Checkout{o}})
}

// addBuild adds a build, which arrives at the time, and its tests.
func (t *teller) addBuild(r storyRevision, b *build, arrives time.Time) {
	fault := r.buildFault(b.config)
	b.status = report.StatusPass
	if fault != nil {
		b.status = report.StatusFail
	}
	o := b.object(t.world, true)
	o.Status, o.Duration = &b.status, new(float64(b.millis)/1000)
	o.Command = new(buildCommand(b.config))
	o.LogExcerpt = new(t.logs["build"])
	if fault != nil {
		o.LogExcerpt = new(t.logs[fault.name])
	}
	t.post(arrives, &report.Report{Builds: []report.Build{o}})
	t.addIncident(fault, arrives, report.Incident{BuildID: &b.id})
	if fault == nil && b.config.arch == "arm" {
		t.addAbsence("omap", arrives, report.Incident{BuildID: &b.id})
	}
	if b.status != report.StatusPass || b.checkout.origin == "redhat" {
		return
	}
	for _, m := range t.machines {
		if m.runs(b.config, r.line.depth) {
			for _, s := range m.suites {
				t.addJob(r, t.newStoryJob(r, b, m.platform, s))
			}
		}
	}
}

// runs reports whether the machine tests a configuration, for a tree of a depth.
func (m *storyMachine) runs(c *config, depth int) bool {
	return m.depth <= depth && m.origin == c.origin && m.arch == c.arch && m.config == c.name && m.compiler == c.compiler
}

// crossCompilers are the prefixes of the compilers for other architectures than that
// of the builders.
var crossCompilers = map[string]string{
	"arm64": "aarch64-linux-gnu-", "arm": "arm-linux-gnueabihf-", "riscv": "riscv64-linux-gnu-",
	"mips": "mipsel-linux-gnu-", "powerpc": "powerpc64le-linux-gnu-",
}

// buildCommand returns the shell command of a build.
func buildCommand(c *config) string {
	arch := c.arch
	switch arch {
	case "aarch64":
		arch = "arm64"
	case "s390x":
		arch = "s390"
	case "ppc64le":
		arch = "powerpc"
	}
	words := "make -j16 ARCH=" + arch
	switch {
	case strings.HasPrefix(c.compiler, "clang"):
		words += " LLVM=1"
	case crossCompilers[c.arch] != "":
		words += " CROSS_COMPILE=" + crossCompilers[c.arch]
	}
	if _, fragment, ok := strings.Cut(c.name, "+"); ok {
		return "scripts/kconfig/merge_config.sh .config kernel/configs/" + fragment + ".config && " + words + " " + kernelFile(c.arch) + " modules"
	}
	return words + " olddefconfig " + kernelFile(c.arch) + " modules"
}
