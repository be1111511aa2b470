// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// A story is a text with an object in each line:
//
//	checkout ID TREE/BRANCH COMMIT[+PATCHSET] @START [ORIGIN]
//	build ID CHECKOUT STATUS [CONFIG]
//	test ID BUILD PATH PLATFORM STATUS
//	incident ID TEST|BUILD [absent]
//
// "-" is a missing value. A status with "!" comes with an error of the harness. A TREE that
// begins with "https:" is the URL of the repository of a checkout without a tree name; "|"
// stands for its slashes. START is in seconds.

// storyObjects returns the objects of lines.
func storyObjects(t testing.TB, lines ...string) *report.Report {
	t.Helper()
	r := &report.Report{}
	for _, line := range lines {
		words := append(strings.Fields(line), "", "")
		switch words[0] {
		case "checkout":
			r.Checkouts = append(r.Checkouts, storyCheckout(words))
		case "build":
			b := report.Build{ID: "a:" + words[1], Origin: "a", CheckoutID: storyID(words[2]), Architecture: new("x86_64")}
			b.Status, b.Misc = storyStatus(words[3])
			if words[4] != "" {
				b.ConfigName = &words[4]
			}
			r.Builds = append(r.Builds, b)
		case "test":
			test := report.Test{ID: "a:" + words[1], Origin: "a", BuildID: "a:" + words[2]}
			test.Status, test.Misc = storyStatus(words[5])
			if words[3] != "-" {
				test.Path = &words[3]
			}
			if words[4] != "-" {
				test.Environment = &report.Environment{Misc: json.RawMessage(`{"platform":` + strconv.Quote(words[4]) + `}`)}
			}
			r.Tests = append(r.Tests, test)
		case "incident":
			in := report.Incident{ID: "a:" + words[1], Origin: "a", IssueID: "a:issue", IssueVersion: 1, Present: new(words[3] != "absent")}
			if strings.HasPrefix(words[2], "b") {
				in.BuildID = new("a:" + words[2])
			} else {
				in.TestID = new("a:" + words[2])
			}
			r.Incidents = append(r.Incidents, in)
		default:
			t.Fatalf("no object: %s", line)
		}
	}
	return r
}

// storyID returns an ID: of the origin "a" if the word names no origin.
func storyID(word string) string {
	if strings.Contains(word, ":") {
		return word
	}
	return "a:" + word
}

// storyCheckout returns the checkout in the words of a line.
func storyCheckout(words []string) report.Checkout {
	tree, branch, _ := strings.Cut(words[2], "/")
	commit, patches, _ := strings.Cut(words[3], "+")
	seconds, _ := strconv.Atoi(strings.TrimPrefix(words[4], "@"))
	c := report.Checkout{
		ID: "a:" + words[1], Origin: "a", GitCommitHash: &commit, PatchsetHash: &patches,
		GitRepositoryBranch: &branch, StartTime: new(moment(seconds)),
	}
	switch {
	case strings.HasPrefix(tree, "https:"):
		c.GitRepositoryURL = new(strings.ReplaceAll(tree, "|", "/"))
	case tree != "-":
		c.TreeName = &tree
	}
	if words[5] != "" {
		c.Origin = words[5]
		c.ID = words[5] + ":" + words[1]
	}
	return c
}

// storyStatus returns a status, nil for "-", and the misc with the error of the harness.
func storyStatus(text string) (*report.Status, json.RawMessage) {
	status, harness := strings.CutSuffix(text, "!")
	var misc json.RawMessage
	if harness {
		misc = json.RawMessage(`{"error_code":"Infrastructure","error_msg":"the board is gone"}`)
	}
	if status == "-" {
		return nil, misc
	}
	return new(report.Status(status)), misc
}

// newJudge returns a judge of a database.
func newJudge(db store.Sink) *verdicts.Judge {
	return &verdicts.Judge{DB: verdicts.Of(db), Names: treenames.Default(), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

// judgeAll judges all that waits, and returns the number of judgements.
func judgeAll(t testing.TB, j *verdicts.Judge) int {
	t.Helper()
	n, err := j.Once(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// verdictLines returns all verdicts of a database as lines: those of each result that is not
// simply OK or skipped, and the numbers of each revision.
func verdictLines(t testing.TB, db store.Sink) []string {
	t.Helper()
	of := verdicts.Of(db)
	lines := []string{}
	for _, r := range revisionsOf(t, of) {
		lines = append(lines, revisionLines(t, of, &r)...)
	}
	slices.Sort(lines)
	return lines
}

// revisionsOf returns all revisions of a database.
func revisionsOf(t testing.TB, of *verdicts.DB) map[int64]verdicts.Revision {
	t.Helper()
	var keys []int64
	var key int64
	err := of.View(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		return sqldb.Read(ctx, tx, "SELECT key FROM revisions", nil, []any{&key}, func() error { keys = append(keys, key); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := of.RevisionsByKey(t.Context(), keys)
	if err != nil || len(all) != len(keys) {
		t.Fatalf("%d revisions of %d: %v", len(all), len(keys), err)
	}
	return all
}

// revisionLines returns the verdicts of a revision as lines.
func revisionLines(t testing.TB, of *verdicts.DB, r *verdicts.Revision) (lines []string) {
	t.Helper()
	name := fmt.Sprintf("%s/%s %s", r.Tree, r.Branch, r.CommitHash)
	if r.PatchsetHash != "" {
		name += "+" + r.PatchsetHash
	}
	numbers := ""
	total := r.Total()
	for _, k := range verdict.Kinds {
		if total[k] > 0 {
			numbers += fmt.Sprintf(" %d %s", total[k], k)
		}
	}
	lines = append(lines, name+":"+numbers)
	results, err := of.Results(t.Context(), verdicts.ResultsOf{Revision: r.Key, N: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	kept := make(verdict.Counts)
	for _, result := range results {
		line := fmt.Sprintf("%s: %s %s", name, strings.TrimPrefix(result.ID, "a:"), result.Verdict)
		if result.Since.Name != "" {
			line += " since " + result.Since.Name
			if result.Since.Open {
				line += "?"
			}
		}
		lines = append(lines, line)
		kept[result.Verdict]++
	}
	groups, err := of.Groups(t.Context(), []int64{r.Key}, "")
	if err != nil {
		t.Fatal(err)
	}
	sums := make(verdict.Counts)
	for _, counts := range groups[r.Key] {
		sums.Add(counts)
	}
	for _, k := range verdict.Kinds {
		if sums[k] != total[k] || k != verdict.OK && k != verdict.Skip && kept[k] != total[k] {
			t.Errorf("%s: %d results are %s, %d in groups, %d rows", name, total[k], k, sums[k], kept[k])
		}
	}
	return lines
}

// expectSame fails the test if two values have different texts.
func expectSame(t testing.TB, what string, got, want any) {
	t.Helper()
	if got, want := fmt.Sprint(got), fmt.Sprint(want); got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// verdictKinds returns verdicts by their names.
func verdictKinds(names ...verdict.Kind) []verdict.Kind { return names }

// kindsOf returns kinds of objects by their names.
func kindsOf(names ...rollup.Kind) []rollup.Kind { return names }
