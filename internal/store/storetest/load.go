// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// fullReport returns a report with every field of every object type.
func fullReport() *report.Report {
	files := []report.Resource{{Name: "a \"b\"", URL: "https://example.org/a?b=c&d"}, {Name: "ä", URL: "https://example.org/"}}
	at := func(n int) *time.Time { return new(moment(n).Add(123456 * time.Microsecond)) }
	return &report.Report{
		Checkouts: []report.Checkout{{
			ID: "a:1", Origin: "a", TreeName: new("mainline"), GitRepositoryURL: new("https://example.org/linux.git"),
			GitCommitHash: new(strings.Repeat("ab", 20)), GitCommitName: new("v6.1"), GitCommitTags: []string{"v6.1", "\"'\\"},
			GitCommitMessage: new("A message\n\nof lines"), GitRepositoryBranch: new("master"), GitRepositoryBranchTip: new(true),
			PatchsetFiles: files, PatchsetHash: new(""), MessageID: new("a@b.c"), Comment: new("comment"), StartTime: at(1),
			OriginBuildsFinishTime: at(2), OriginTestsFinishTime: at(3), LogURL: new("https://example.org/log"),
			LogExcerpt: new("log"), Valid: new(false), Misc: json.RawMessage(`{"a":[1,2.50,{"b":null}],"ä":"\u0041"}`), Timestamp: at(4),
		}},
		Builds: []report.Build{{
			ID: "a:1", Origin: "a", CheckoutID: "a:1", Comment: new("comment"), StartTime: at(1), Duration: new(0.1),
			Architecture: new("arm64"), Command: new("make"), Compiler: new("gcc 12"), InputFiles: files, OutputFiles: []report.Resource{},
			ConfigName: new("defconfig"), ConfigURL: new("https://example.org/config"), LogURL: new("https://example.org/log"),
			LogExcerpt: new("log"), Status: new(report.StatusError), Misc: json.RawMessage(`{}`), Timestamp: at(4),
		}},
		Tests: []report.Test{{
			ID: "a:1", Origin: "a", BuildID: "a:1", Path: new(""), Comment: new("comment"), LogURL: new("https://example.org/log"),
			Environment: &report.Environment{Comment: new("board"), Compatible: []string{"x,y", "z"}, Misc: json.RawMessage(`{"platform":"x"}`)},
			LogExcerpt:  new("log"), Status: new(report.StatusMiss), StartTime: at(1), Duration: new(1e300), InputFiles: files,
			Number:      &report.Number{Value: -1.5e-7, Unit: new("B/s"), Prefix: new(report.PrefixBinary)},
			OutputFiles: files, Misc: json.RawMessage(`{"a":1}`), Timestamp: at(4),
		}},
		Issues: []report.Issue{{
			ID: "a:1", Version: 2147483647, Origin: "a", ReportURL: new("https://example.org/report"), ReportSubject: new("subject"),
			Culprit: &report.Culprit{Code: new(true), Tool: new(false), Harness: new(false)}, Categories: []string{"a.b", "c"},
			Comment: new("comment"), Misc: json.RawMessage(`{"a":1}`), Timestamp: at(4),
		}},
		Incidents: []report.Incident{{
			ID: "a:1", Origin: "a", IssueID: "a:1", IssueVersion: 2147483647, BuildID: new("a:1"), TestID: new("a:1"),
			Present: new(true), Comment: new("comment"), Misc: json.RawMessage(`{"a":1}`), Timestamp: at(4),
		}},
	}
}

// minimalReport returns a report with no more of each object type than there must be.
func minimalReport() *report.Report {
	return &report.Report{
		Checkouts: []report.Checkout{{ID: "a:1", Origin: "a"}},
		Builds:    []report.Build{{ID: "a:1", Origin: "a", CheckoutID: "a:1"}},
		Tests:     []report.Test{{ID: "a:1", Origin: "a", BuildID: "a:1"}},
		Issues:    []report.Issue{{ID: "a:1", Version: 2147483647, Origin: "a"}},
		Incidents: []report.Incident{{ID: "a:1", Origin: "a", IssueID: "a:1", IssueVersion: 2147483647}},
	}
}

// load gets back what was loaded, all of it or little.
func (s suite) load(t *testing.T) {
	for name, r := range map[string]func() *report.Report{
		"full": fullReport, "least": minimalReport, "dataset": func() *report.Report { return conformance.Dataset(t) },
	} {
		t.Run(name, func(t *testing.T) {
			db := s.ready(t)
			loaded := r()
			before := time.Now().Truncate(time.Microsecond)
			mustLoad(t, db, loaded, store.LoadOptions{})
			after := time.Now()
			s.expect(t, loaded, r()) // Load left it alone
			got := dumpAll(t, db, true)
			for _, stamp := range stamps(got) {
				if *stamp == nil || (*stamp).Before(before) || (*stamp).After(after) {
					t.Fatalf("arrived at %v, not between %v and %v", *stamp, before, after)
				}
				*stamp = nil
			}
			want := r()
			for _, stamp := range stamps(want) {
				*stamp = nil
			}
			s.expect(t, got, want)
			s.expect(t, dumpAll(t, db, false), want)
		})
	}
	t.Run("metadata", func(t *testing.T) {
		db := s.ready(t)
		mustLoad(t, db, fullReport(), store.LoadOptions{Metadata: true})
		s.expect(t, dumpAll(t, db, true), fullReport())
	})
	t.Run("empty", func(t *testing.T) {
		db := s.ready(t)
		if changes := mustLoad(t, db, &report.Report{}, store.LoadOptions{}); len(changes.Objects) != 0 {
			t.Errorf("an empty report changed %v", changes.Objects)
		}
	})
}

// stamps returns where the timestamps of all objects are.
func stamps(r *report.Report) (all []**time.Time) {
	for i := range r.Checkouts {
		all = append(all, &r.Checkouts[i].Timestamp)
	}
	for i := range r.Builds {
		all = append(all, &r.Builds[i].Timestamp)
	}
	for i := range r.Tests {
		all = append(all, &r.Tests[i].Timestamp)
	}
	for i := range r.Issues {
		all = append(all, &r.Issues[i].Timestamp)
	}
	for i := range r.Incidents {
		all = append(all, &r.Incidents[i].Timestamp)
	}
	return all
}

// texts checks that texts come back byte for byte, also a text that many objects share.
// An empty text comes back as an empty text, and an absent text as absent.
func (s suite) texts(t *testing.T) {
	db := s.ready(t)
	want := &report.Report{}
	for i, text := range []string{
		"", " ", "\n", "a", `"quoted" 'twice' \ and \\ back`, "tab\tbell\a\x01\x1b[31mred", "ä€😀\u2028\uFFFD",
		"e\u0301 is not \u00e9", "\r\nline\r\n", "line\n", strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("x", 129),
		strings.Repeat("€", 16384), strings.Repeat("😀", 16384), strings.Repeat("abcdefg\n", 2048), "%_--;/*", "NULL", "null", "0", "1e3",
	} {
		id := "a:" + strings.Repeat("i", i+1)
		want.Checkouts = append(want.Checkouts, report.Checkout{ID: id, Origin: "a", LogExcerpt: &text, Comment: &text})
		want.Builds = append(want.Builds, report.Build{ID: id, Origin: "a", CheckoutID: id, LogExcerpt: &text, Command: &text})
		want.Tests = append(want.Tests, report.Test{ID: id, Origin: "a", BuildID: id, LogExcerpt: &text, LogURL: &text,
			Environment: &report.Environment{Compatible: []string{text}}, OutputFiles: []report.Resource{{Name: text, URL: text}}})
	}
	want.Tests = append(want.Tests, report.Test{ID: "a:none", Origin: "a", BuildID: "a:none"})
	mustLoad(t, db, want, store.LoadOptions{})
	s.expect(t, dumpAll(t, db, false), want)
	mustLoad(t, db, want, store.LoadOptions{})
	s.expect(t, dumpAll(t, db, false), want)
}
