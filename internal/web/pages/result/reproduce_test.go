// SPDX-License-Identifier: Apache-2.0

package result

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// kernelOf returns the commands that build the kernel of a build.
func kernelOf(t *testing.T, c report.Checkout, b report.Build) string {
	t.Helper()
	c.ID, c.Origin, b.ID, b.Origin, b.CheckoutID = "ci:1", "ci", "ci:1", "ci", "ci:1"
	w := newWorld(t, &report.Report{Checkouts: []report.Checkout{c}, Builds: []report.Build{b}})
	found, err := graph.New(t.Context(), w.Store).Find(object.BuildRef("ci:1"))
	if err != nil {
		t.Fatal(err)
	}
	commands := theKernel(found[0].(*graph.Build))
	return commands.Text()
}

func TestTheKernel(t *testing.T) {
	hash := strings.Repeat("0a", 20)
	code := report.Checkout{GitRepositoryURL: new("https://git.example.org/linux.git"), GitRepositoryBranch: new("master"), GitCommitHash: &hash}
	patched := code
	patched.PatchsetFiles, patched.PatchsetHash = []report.Resource{{Name: "1", URL: "https://lore.example.org/1?a=b&c"}, {Name: "2", URL: "javascript:x"}}, new(strings.Repeat("0b", 32))
	hashOnly := code
	hashOnly.PatchsetHash = patched.PatchsetHash
	const fetch = "git fetch https://git.example.org/linux.git master\n"
	checkout := "git checkout " + hash + "\n"
	for name, c := range map[string]struct {
		checkout report.Checkout
		build    report.Build
		want     string
	}{
		"gcc": {code, report.Build{Architecture: new("arm64"), Compiler: new("gcc-14"), ConfigURL: new("https://files.example.org/config")}, fetch + checkout +
			"curl -L -o .config https://files.example.org/config\nmake ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- olddefconfig\nmake ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-\n# It was built with gcc-14."},
		"clang": {code, report.Build{Architecture: new("mips"), Compiler: new("clang-21"), ConfigName: new("tinyconfig")}, fetch + checkout +
			"# The configuration file was not sent; its name is tinyconfig.\nmake ARCH=mips LLVM=1 olddefconfig\nmake ARCH=mips LLVM=1\n# It was built with clang-21."},
		"command": {code, report.Build{Architecture: new("arm"), Command: new("make -j16 targz-pkg")}, fetch + checkout +
			"# The configuration file was not sent.\n# As ci built it:\nmake -j16 targz-pkg"},
		"nothing": {report.Checkout{}, report.Build{}, "# No URL was sent that git can fetch.\n# No hash of a commit was sent.\n" +
			"# The configuration file was not sent.\n# The architecture was not sent."},
		"patches": {patched, report.Build{}, fetch + checkout + "curl -L 'https://lore.example.org/1?a=b&c' | git am\n# A patch has no URL that can be fetched.\n" +
			"# The configuration file was not sent.\n# The architecture was not sent."},
		"a hash of patches": {hashOnly, report.Build{}, fetch + checkout + "# The patches were not sent, only their hash.\n" +
			"# The configuration file was not sent.\n# The architecture was not sent."},
		"hostile": {
			report.Checkout{GitRepositoryURL: new("ext::sh -c touch% /tmp/x"), GitRepositoryBranch: new("--upload-pack=x"), GitCommitHash: new("; rm -rf /")},
			report.Build{Architecture: new("arm64; reboot"), ConfigURL: new("https://x.example.org/'$(reboot)'"), Command: new("make\nreboot\u202e")},
			"# No URL was sent that git can fetch.\n# No hash of a commit was sent.\ncurl -L -o .config 'https://x.example.org/'\\''$(reboot)'\\'''\n# The architecture was not sent.",
		},
		"quotes": {
			report.Checkout{GitRepositoryURL: new("https://git.example.org/a;b"), GitRepositoryBranch: new("it's `x` $y"), GitCommitHash: &hash}, report.Build{},
			"git fetch 'https://git.example.org/a;b' 'it'\\''s `x` $y'\n" + checkout + "# The configuration file was not sent.\n# The architecture was not sent.",
		},
		"options": {
			report.Checkout{GitRepositoryURL: new("https://git.example.org/a"), GitRepositoryBranch: new("-x"), GitCommitHash: &hash}, report.Build{},
			"git fetch https://git.example.org/a\n" + checkout + "# The configuration file was not sent.\n# The architecture was not sent.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := kernelOf(t, c.checkout, c.build); got != c.want {
				t.Errorf("%s\n\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestTheTest(t *testing.T) {
	for path, want := range map[string]string{
		"boot":                                 "# The boot is the test.",
		"xfstests.generic.091":                 "./check generic/091",
		"xfstests.btrfs-315":                   "./check btrfs/315",
		"kselftest.net.tcp_ao.rst":             "make -C tools/testing/selftests TARGETS=net run_tests",
		"kselftest.net_gro_sh":                 "# The path does not say which collection of kselftest has the test.",
		"kunit.drm_buddy.alloc":                "./tools/testing/kunit/kunit.py run drm_buddy",
		"ltp.syscalls.fork14":                  "kirk --run-suite syscalls --run-pattern '^fork14$'",
		"ltp.fork14":                           "grep -l '^fork14 ' runtest/*    # the suites that have it\nkirk --run-suite SUITE --run-pattern '^fork14$'",
		"ltp.a.$(reboot)":                      "# How this test is run was not sent. See its job or its log.",
		"ltp.'; reboot":                        "# How this test is run was not sent. See its job or its log.",
		"kselftest.-j$(x).y":                   "# The path does not say which collection of kselftest has the test.",
		"fluster.debian.v4l2":                  "# How this test is run was not sent. See its job or its log.",
		"":                                     "# How this test is run was not sent. See its job or its log.",
		"xfstests.generic.091; reboot":         "# How this test is run was not sent. See its job or its log.",
		"kunit.--kunitconfig=/tmp/x.drm_tests": "# How this test is run was not sent. See its job or its log.",
	} {
		commands := theTest(&graph.Test{Test: report.Test{Path: &path}})
		if got := commands.Text(); got != want {
			t.Errorf("%s: %s\nwant %s", path, got, want)
		}
	}
}

func TestTheCommit(t *testing.T) {
	good, bad := &verdicts.Revision{CommitHash: strings.Repeat("1", 40)}, &verdicts.Revision{CommitHash: strings.Repeat("2", 40)}
	patched := &verdicts.Revision{CommitHash: good.CommitHash, PatchsetHash: "0a"}
	for want, a := range map[string]*answer{
		"git bisect start " + bad.CommitHash + " " + good.CommitHash:         {Kind: verdict.New, Good: good, Bad: bad},
		"# The patches make the difference: apply them one after the other.": {Kind: verdict.New, Good: good, Bad: patched},
		"# No revision is known here where it failed after it passed.":       {Kind: verdict.Still},
		"# No earlier revision is known here where it passed.":               {Kind: verdict.New, Bad: bad},
	} {
		commands := theCommit(a)
		if got := commands.Text(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, kind := range []verdict.Kind{verdict.OK, verdict.Lab, verdict.Skip, verdict.Flaky, verdict.Known, verdict.Fixed} {
		if c := theCommit(&answer{Kind: kind}); len(c.Lines) > 0 {
			t.Errorf("%s: %s", kind, c.Text())
		}
	}
}

// TestChart draws numbers on the columns of their revisions.
func TestChart(t *testing.T) {
	at := func(value float64, unit string) column {
		return column{Revision: verdicts.Revision{CommitName: "r"}, Runs: []run{{VariantRun: answers.VariantRun{Number: &value, Unit: unit, Duration: &value}}}}
	}
	for name, c := range map[string]struct {
		columns []column
		want    string // words
		points  string
	}{
		"numbers":     {[]column{at(30, "MB/s"), {}, at(10, "MB/s"), at(20, "MB/s")}, "30 MB/s, before 10 to 20 MB/s", `points="19,16 95,68 133,42"`},
		"one":         {[]column{at(1, "x")}, "", ""},
		"equal":       {[]column{at(5, ""), at(5, "")}, "5, before 5", `points="19,42 57,42"`},
		"extremes":    {[]column{at(1.7e308, ""), at(-1.7e308, "")}, "1.7e+308, before -1.7e+308", `points="19,16 57,68"`},
		"without any": {[]column{{}, {}}, "", ""},
	} {
		chart := chartOf(c.columns)
		switch {
		case chart == nil:
			if c.want != "" {
				t.Errorf("%s: no chart", name)
			}
		case chart.Now != c.want || !strings.Contains(string(chart.SVG()), c.points):
			t.Errorf("%s: %s\n%s", name, chart.Now, chart.SVG())
		}
	}
}
