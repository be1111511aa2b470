// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

func TestTextOfCause(t *testing.T) {
	for want, c := range map[string]verdicts.Cause{
		"WARNING in iomap_iter_advance":     {Title: "WARNING in iomap_iter_advance", Kind: rollup.Tests, Path: "xfstests.generic.091"},
		"riscv allmodconfig does not build": {Kind: rollup.Builds, Architecture: "riscv", Config: "allmodconfig"},
		"riscv does not build":              {Kind: rollup.Builds, Architecture: "riscv"},
		"a build fails":                     {Kind: rollup.Builds},
		"rock-5b does not boot":             {Kind: rollup.Boots, Platform: "rock-5b", Path: "boot"},
		"boot.nfs does not boot":            {Kind: rollup.Boots, Path: "boot.nfs"},
		"ltp.syscalls.fork01 fails":         {Kind: rollup.Tests, Path: "ltp.syscalls.fork01", Platform: "rock-5b"},
		"ltp.mm.thp04 passes and fails":     {Kind: rollup.Tests, Path: "ltp.mm.thp04", Verdict: verdict.Flaky},
		"a test fails":                      {Kind: rollup.Tests},
	} {
		if got := c.Text(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	r := &verdicts.Revision{Key: 1, Judged: now, Counts: map[rollup.Kind]verdict.Counts{rollup.Boots: {verdict.New: 2, verdict.OK: 7}}, Causes: verdict.Counts{verdict.New: 1}}
	causes := []verdicts.Cause{
		{Revision: 2, Verdict: verdict.New, Kind: rollup.Boots, Platform: "of another"},
		{Revision: 1, Verdict: verdict.Still, Kind: rollup.Boots, Platform: "older"},
		{Revision: 1, Verdict: verdict.New, Kind: rollup.Boots, Platform: "rock\u202e-5b"},
	}
	for want, earlier := range map[string]*verdicts.Revision{
		"Worse: rock\ufffd-5b does not boot.":                    nil,
		"Worse than next-20261126: rock\ufffd-5b does not boot.": {CommitName: "next-20261126"},
	} {
		if got := Sentence(r, earlier, causes); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := Sentence(&verdicts.Revision{}, nil, nil); got != "Not judged yet." {
		t.Error(got)
	}
}
