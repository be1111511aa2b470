// SPDX-License-Identifier: Apache-2.0

package summary_test

import (
	"fmt"
	"iter"
	"testing"

	"pgregory.net/rapid"

	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

func tree() *summary.Tree {
	var t summary.Tree
	t.Add("ltp.mm.oom", "PASS", 3)
	t.Add("ltp.mm.ksm", "PASS", 1)
	t.Add("ltp.fs", "FAIL", 1)
	t.Add("ltp.fs.rename", "PASS", 1)
	t.Add("ltp.fs.rename", "SKIP", 1)
	t.Add("boot", "PASS", 2)
	t.Add("", "MISS", 1)
	t.Add("ltp.none", "PASS", 0)
	return &t
}

func lines(nodes iter.Seq[*summary.Node]) string {
	text := ""
	for n := range nodes {
		text += fmt.Sprintf("%s|%s|%s|%s\n", n.Path, n.Name, n.Own, n.All)
	}
	return text
}

func TestTreeWalk(t *testing.T) {
	root := "||1 MISS|1 FAIL, 1 MISS, 7 PASS, 1 SKIP\n"
	for depth, want := range map[int]string{
		0: root,
		1: root + "boot|boot|2 PASS|2 PASS\nltp|ltp||1 FAIL, 5 PASS, 1 SKIP\n",
		-1: root + "boot|boot|2 PASS|2 PASS\nltp|ltp||1 FAIL, 5 PASS, 1 SKIP\n" +
			"ltp.fs|fs|1 FAIL|1 FAIL, 1 PASS, 1 SKIP\nltp.fs.rename|rename|1 PASS, 1 SKIP|1 PASS, 1 SKIP\n" +
			"ltp.mm|mm||4 PASS\nltp.mm.ksm|ksm|1 PASS|1 PASS\nltp.mm.oom|oom|3 PASS|3 PASS\n",
	} {
		if got := lines(tree().Root().Walk(depth)); got != want {
			t.Errorf("depth %d: got\n%s\nwant\n%s", depth, got, want)
		}
	}
}

func TestTreeCollapse(t *testing.T) {
	want := "||1 MISS|1 FAIL, 1 MISS, 7 PASS, 1 SKIP\nboot|boot|2 PASS|2 PASS\n" +
		"ltp.fs|fs|1 FAIL|1 FAIL, 1 PASS, 1 SKIP\nltp.fs.rename|rename|1 PASS, 1 SKIP|1 PASS, 1 SKIP\nltp.mm|mm||4 PASS\n"
	if got := lines(tree().Root().Collapse()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := lines(new(summary.Tree).Root().Collapse()); got != "" {
		t.Errorf("empty: got %s", got)
	}
}

func TestTreeFind(t *testing.T) {
	for path, want := range map[string]report.Status{"": "FAIL", "ltp": "FAIL", "ltp.mm": "PASS", "ltp.fs.rename": "PASS"} {
		if n := tree().Find(path); n == nil || n.Path != path || n.Status() != want {
			t.Errorf("%q: got %+v", path, n)
		}
	}
	for _, path := range []string{"ltp.none", "fs", ".", "ltp."} {
		if n := tree().Find(path); n != nil {
			t.Errorf("%q: got %+v", path, n)
		}
	}
}

// TestTreeCountsAllOnce checks for random paths that each node counts the tests at it and
// below, and that Find finds each node.
func TestTreeCountsAllOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var tree summary.Tree
		var want int64
		for _, path := range rapid.SliceOfN(rapid.StringMatching(`[ab.]{0,6}`), 0, 20).Draw(rt, "paths") {
			n := rapid.Int64Range(0, 3).Draw(rt, "n")
			tree.Add(path, rapid.SampledFrom(summary.Statuses).Draw(rt, "status"), n)
			want += n
		}
		var own int64
		for n := range tree.Root().Walk(-1) {
			own += n.Own.Total()
			below := n.Own.Total()
			for _, c := range n.Children {
				below += c.All.Total()
			}
			if n.All.Total() != below {
				rt.Errorf("%q: got %d, want %d", n.Path, n.All.Total(), below)
			}
			if n.Path != "" && tree.Find(n.Path) != n {
				rt.Errorf("%q: not found", n.Path)
			}
		}
		if got := tree.Root().All.Total(); got != want || own != want {
			rt.Errorf("got %d, %d, want %d", got, own, want)
		}
	})
}
