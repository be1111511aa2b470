// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// judgedRevision returns revision n of next, in which the tests of two builds have the
// statuses: "ltp.NAME=STATUS" in the first build, "ltp.NAME" twice if both builds have it.
func judgedRevision(n int, build report.Status, tests ...string) *report.Report {
	id := func(kind string) string { return fmt.Sprintf("ci:%s%d", kind, n) }
	r := &report.Report{
		Checkouts: []report.Checkout{{
			ID: id("c"), Origin: "ci", TreeName: new("next"), GitRepositoryURL: new("https://git.example.org/next.git"), GitRepositoryBranch: new("master"),
			GitCommitHash: new(fmt.Sprintf("%040d", n)), GitCommitName: new(fmt.Sprint("next-", n)), PatchsetHash: new(""),
			StartTime: new(arrival.AddDate(0, 0, n)), Valid: new(true),
		}},
		Builds: []report.Build{
			{ID: id("b"), Origin: "ci", CheckoutID: id("c"), Architecture: new("arm64"), ConfigName: new("defconfig"), Status: new(report.StatusPass)},
			{ID: id("x"), Origin: "ci", CheckoutID: id("c"), Architecture: new("riscv"), ConfigName: new("allmodconfig"), Status: &build},
		},
		Issues: []report.Issue{{ID: "ci:issue", Version: 1, Origin: "ci", ReportSubject: new("ltp.known fails")}},
	}
	for _, test := range tests {
		name, status, _ := strings.Cut(test, "=")
		t := report.Test{
			ID: fmt.Sprintf("ci:%s%d%s", name, n, status), Origin: "ci", BuildID: id("b"), Path: new("ltp." + strings.TrimRight(name, "0123456789")), Status: new(report.Status(status)),
			Environment: &report.Environment{Misc: []byte(`{"platform": "rpi4"}`)},
		}
		if name == "known" && status == "FAIL" {
			r.Incidents = append(r.Incidents, report.Incident{ID: "ci:n" + t.ID[3:], Origin: "ci", IssueID: "ci:issue", IssueVersion: 1, TestID: &t.ID})
		}
		r.Tests = append(r.Tests, t)
	}
	return r
}

// judge judges all revisions.
func judge(t *testing.T, s store.Store) {
	t.Helper()
	j := verdicts.Judge{DB: verdicts.Of(s), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if _, err := j.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// judgedStore returns a database with judged revisions, and results that are not judged.
func judgedStore(t *testing.T) store.Store {
	s := open(t,
		judgedRevision(1, "PASS", "new=PASS", "known=PASS", "lab=PASS", "still=PASS", "fixed=PASS", "flaky=PASS"),
		judgedRevision(2, "PASS", "new=PASS", "known=FAIL", "lab=MISS", "still=FAIL", "fixed=FAIL", "flaky=PASS", "longer=FAIL"),
		judgedRevision(3, "FAIL", "new=FAIL", "known=FAIL", "lab=MISS", "still=FAIL", "fixed=PASS", "flaky=PASS", "flaky=FAIL", "longer=FAIL", "first=FAIL", "ok=PASS"),
	)
	judge(t, s)
	late := judgedRevision(3, "FAIL", "late=FAIL", "ok=FAIL")
	late.Tests[1].ID = "ci:ok3PASS" // its status changes
	for _, r := range []*report.Report{late, judgedRevision(4, "FAIL", "new=FAIL")} {
		if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestJudged: descriptions say the verdict that pages show.
func TestJudged(t *testing.T) {
	s := judgedStore(t)
	for _, c := range []struct {
		ref  object.Ref
		want string
	}{
		{object.TestRef("ci:new3FAIL"), "NEW: it passed at next-2"},
		{object.TestRef("ci:known3FAIL"), "KNOWN: it fails by a known issue"},
		{object.TestRef("ci:lab3MISS"), "LAB: it says nothing about the kernel, because the harness failed"},
		{object.TestRef("ci:still3FAIL"), "STILL: it fails since next-2"},
		{object.TestRef("ci:longer3FAIL"), "STILL: it fails since next-2, or for longer"},
		{object.TestRef("ci:first3FAIL"), "STILL: it fails, and has no earlier result to compare with"},
		{object.TestRef("ci:fixed3PASS"), "FIXED: it failed at an earlier revision"},
		{object.TestRef("ci:flaky3PASS"), "FLAKY: it passes and fails at this revision"},
		{object.TestRef("ci:new1PASS"), ""},
		{object.TestRef("ci:late3FAIL"), ""},
		{object.TestRef("ci:ok3PASS"), ""},
		{object.TestRef("ci:new4FAIL"), ""},
		{object.BuildRef("ci:x3"), "NEW: it passed at next-2"},
		{object.BuildRef("ci:x4"), ""},
		{object.CheckoutRef("ci:c1"), "All 8 results pass."},
		{object.CheckoutRef("ci:c3"), "Worse than next-2: riscv allmodconfig does not build, ltp.new fails."},
		{object.CheckoutRef("ci:c4"), ""},
		{object.RevisionRef(fmt.Sprintf("%040d", 3), ""), "Worse than next-2: riscv allmodconfig does not build, ltp.new fails."},
		{object.RevisionRef(fmt.Sprintf("%040d", 4), ""), ""},
	} {
		found, err := graph.New(t.Context(), s).Find(c.ref)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := (&describe.Data{Object: found[0]}).Judged()
		if got := strings.Join(lines, "\n"); got != c.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", c.ref, got, err, c.want)
		}
	}
}

// TestJudgedTexts: the verdicts of the object and of the failures in it are in the text,
// and in HTML.
func TestJudgedTexts(t *testing.T) {
	s := judgedStore(t)
	revision := object.RevisionRef(fmt.Sprintf("%040d", 3), "")
	var all []string
	for _, ref := range []object.Ref{revision, object.CheckoutRef("ci:c2"), object.BuildRef("ci:b3"), object.TestRef("ci:new3FAIL")} {
		all = append(all, texts(t, s, ref))
	}
	found, err := graph.New(t.Context(), s).Find(revision)
	if err != nil {
		t.Fatal(err)
	}
	document, err := describe.Description(found[0], base)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "judged", strings.Join(append(all, string(document.HTML())), strings.Repeat("=", 72)+"\n"))
}

// TestJudgedOnBranches: a revision has a sentence for each branch, and a result the verdict
// on the branch of its checkout.
func TestJudgedOnBranches(t *testing.T) {
	other := judgedRevision(3, "PASS", "new=FAIL")
	other.Checkouts[0].ID, other.Checkouts[0].GitRepositoryBranch = "ci:other", new("pending-fixes")
	other.Builds, other.Tests = nil, nil
	s := open(t, judgedRevision(2, "PASS", "new=PASS"), judgedRevision(3, "PASS", "new=FAIL"), other)
	judge(t, s)
	for ref, want := range map[object.Ref]string{
		object.TestRef("ci:new3FAIL"):  "NEW: it passed at next-2",
		object.CheckoutRef("ci:other"): "Nothing to compare with: 1 still failing.",
		object.CheckoutRef("ci:c3"):    "Worse than next-2: ltp.new fails.",
		object.RevisionRef(fmt.Sprintf("%040d", 3), ""): "next master: Worse than next-2: ltp.new fails.\n" +
			"next pending-fixes: Nothing to compare with: 1 still failing.",
	} {
		found, err := graph.New(t.Context(), s).Find(ref)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := (&describe.Data{Object: found[0]}).Judged()
		if got := strings.Join(lines, "\n"); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", ref, got, err, want)
		}
	}
}
