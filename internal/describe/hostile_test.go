// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// nasty is text that does more than show, where it can.
const nasty = "a\r\nSubject: b\tc \x1b[31mred\x1b]0;title\x07 \u202eback\u2066 \u200bzero {{.Object}} <b>&amp;\u2028next\x7f\u0085 end"

// TestHostile: no text of a report does anything but show, and none is endless.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine, and takes most of a minute under the race detector")
	}
	long := strings.Repeat("x", 1<<20)
	lines := strings.Repeat("a line of a comment\n", 20_000)
	for name, text := range map[string]string{"nasty": nasty, "long": long, "lines": lines, "marks": strings.Repeat("\u0301\u202e", 5000), "blank": " \n\t "} {
		t.Run(name, func(t *testing.T) {
			s := open(t, hostile(text))
			var all []string
			for _, ref := range []object.Ref{
				object.RevisionRef(commit, text), object.CheckoutRef("ci:c0"), object.BuildRef("ci:b0"), object.TestRef("ci:t0"),
				object.IssueRef("ci:i0"), object.IssueVersionRef("ci:i0", 1), object.IncidentRef("ci:n0"),
				object.TestRef(text), object.RevisionRef(text, ""), object.IssueVersionRef(text, 3),
			} {
				text := texts(t, s, ref)
				if len(text) > 40_000 {
					t.Errorf("%.40s has %d bytes", ref, len(text))
				}
				all = append(all, text)
			}
			if name == "nasty" {
				golden(t, "hostile", strings.Join(all, strings.Repeat("=", 72)+"\n"))
			}
		})
	}
}

// TestEndless: a comment of 10 MB is not read to its end.
func TestEndless(t *testing.T) {
	r := hostile("x")
	r.Tests[0].Comment = new(strings.Repeat("no end\n", 1_500_000))
	text := texts(t, open(t, r), object.TestRef("ci:t0"))
	if !strings.HasSuffix(text, "  no end\n  [the rest is left out]\n") || strings.Count(text, "no end\n") != 40 {
		t.Errorf("got %.2000s", text)
	}
}

// hostile returns a report with a text in all places.
func hostile(text string) *report.Report {
	misc, err := json.Marshal(map[string]string{"platform": text, "runtime": text, "error_msg": text})
	if err != nil {
		panic(err)
	}
	files := []report.Resource{{Name: text, URL: text}}
	return &report.Report{
		Checkouts: []report.Checkout{{
			ID: "ci:c0", Origin: "ci", TreeName: &text, GitRepositoryURL: &text, GitCommitHash: new(commit), GitCommitName: &text,
			GitCommitTags: []string{text}, GitCommitMessage: &text, GitRepositoryBranch: &text, PatchsetFiles: files, PatchsetHash: &text,
			MessageID: &text, Comment: &text, LogURL: &text, LogExcerpt: &text, Valid: new(false), Misc: misc,
		}},
		Builds: []report.Build{{
			ID: "ci:b0", Origin: "ci", CheckoutID: "ci:c0", Comment: &text, Architecture: &text, Command: &text, Compiler: &text,
			InputFiles: files, ConfigName: &text, ConfigURL: &text, LogURL: &text, LogExcerpt: &text, Status: new(report.StatusFail), Misc: misc,
		}},
		Tests: []report.Test{{
			ID: "ci:t0", Origin: "ci", BuildID: "ci:b0", Path: &text, Comment: &text, LogURL: &text, LogExcerpt: &text,
			Status: new(report.StatusFail), Number: &report.Number{Value: 1, Unit: &text},
			Environment: &report.Environment{Comment: &text, Compatible: []string{text, text}, Misc: misc}, Misc: misc,
		}},
		Issues: []report.Issue{{
			ID: "ci:i0", Version: 1, Origin: "ci", ReportURL: &text, ReportSubject: &text, Categories: []string{text}, Comment: &text,
			Culprit: &report.Culprit{Code: new(true)}, Misc: misc,
		}},
		Incidents: []report.Incident{{
			ID: "ci:n0", Origin: "ci", IssueID: "ci:i0", IssueVersion: 1, BuildID: new("ci:b0"), Present: new(true), Comment: &text, Misc: misc,
		}},
	}
}

// Objects without properties, and objects whose parents were not reported, still have
// a text.
func TestNothingKnown(t *testing.T) {
	s := open(t, &report.Report{
		Checkouts: []report.Checkout{{ID: "ci:c0", Origin: "ci"}, {ID: "ci:c1", Origin: "ci", GitCommitHash: new(commit)}},
		Builds:    []report.Build{{ID: "ci:b0", Origin: "ci", CheckoutID: "ci:c0"}, {ID: "ci:b1", Origin: "ci", CheckoutID: "ci:gone"}},
		Tests:     []report.Test{{ID: "ci:t0", Origin: "ci", BuildID: "ci:b0"}, {ID: "ci:t1", Origin: "ci", BuildID: "ci:gone"}},
		Issues:    []report.Issue{{ID: "ci:i0", Origin: "ci", Version: 1}},
		Incidents: []report.Incident{{ID: "ci:n0", Origin: "ci", IssueID: "ci:gone", IssueVersion: 1}},
	})
	var all []string
	for _, ref := range []object.Ref{
		object.RevisionRef(commit, ""), object.CheckoutRef("ci:c0"), object.BuildRef("ci:b0"), object.BuildRef("ci:b1"),
		object.TestRef("ci:t0"), object.TestRef("ci:t1"), object.IssueRef("ci:i0"), object.IssueVersionRef("ci:i0", 1),
		object.IncidentRef("ci:n0"), object.RevisionRef("", ""),
	} {
		all = append(all, texts(t, s, ref))
	}
	golden(t, "nothing_known", strings.Join(all, strings.Repeat("=", 72)+"\n"))
}
