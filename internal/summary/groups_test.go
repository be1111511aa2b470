// SPDX-License-Identifier: Apache-2.0

package summary_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

func TestGroups(t *testing.T) {
	var g summary.Groups
	if len(g.List()) != 0 || g.Rest().Total() != 0 {
		t.Error("the zero value is not empty")
	}
	for i := range 500 {
		g.Add(summary.Result{
			Path: "ltp.mm", Status: "FAIL", Platform: fmt.Sprintf("board%02d", i%14), Config: "defconfig", Architecture: []string{"arm64", "x86_64", ""}[i%3],
			ID: fmt.Sprint("ci:", i), Verdict: []verdict.Kind{verdict.New, verdict.Known, verdict.Known, ""}[i%4],
		})
	}
	g.Add(summary.Result{Path: "boot", Status: "ERROR", ID: "ci:900"})
	g.Add(summary.Result{Path: "boot", Status: "FAIL", ID: "ci:901"})
	g.Add(summary.Result{Path: "a", Status: "FAIL", ID: "ci:902"})
	boards := []string{"board00", "board01", "board02", "board03", "board04", "board05", "board06", "board07", "board08", "board09"}
	want := []summary.Group{
		{"FAIL", "ltp.mm", 500, summary.Values{Names: boards, More: 4}, summary.Values{Names: []string{"defconfig"}},
			summary.Values{Names: []string{"arm64", "x86_64"}}, "ci:0", verdict.Counts{verdict.New: 125, verdict.Known: 250}},
		{Status: "FAIL", Path: "a", N: 1, First: "ci:902"},
		{Status: "FAIL", Path: "boot", N: 1, First: "ci:901"},
		{Status: "ERROR", Path: "boot", N: 1, First: "ci:900"},
	}
	if diff := cmp.Diff(want, g.List()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGroupsAreBounded(t *testing.T) {
	var g summary.Groups
	for i := range 1500 {
		g.Add(summary.Result{Path: fmt.Sprint("test", i), Status: "MISS", Platform: fmt.Sprint("board", i), ID: "ci:1"})
		g.Add(summary.Result{Path: "same", Status: "PASS", Platform: fmt.Sprint("board", i), ID: "ci:1"})
	}
	g.Add(summary.Result{Path: "boot", Status: "FAIL", ID: "ci:2"}) // has a group, although many results are missing
	list := g.List()
	if len(list) != 1002 || list[0].Path != "boot" {
		t.Errorf("got %d groups, the first %+v", len(list), list[0])
	}
	if diff := cmp.Diff(summary.Counts{"MISS": 500}, g.Rest()); diff != "" {
		t.Error(diff)
	}
	if same := list[1001]; same.N != 1500 || len(same.Platforms.Names) != 10 || same.Platforms.More != 90 {
		t.Errorf("got %+v", same)
	}
}

func TestValues(t *testing.T) {
	for want, v := range map[string]summary.Values{
		"":                 {},
		"a, b":             {Names: []string{"a", "b"}},
		"a, b and 12 more": {Names: []string{"a", "b"}, More: 12},
	} {
		if got := v.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
