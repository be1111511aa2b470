// SPDX-License-Identifier: Apache-2.0

package result

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)

// world is a service with pages of results, and its database.
type world struct {
	http.Handler
	shell *shell.Shell
	store *counted
}

// counted is a store that counts the questions to it and the statements of answers.
type counted struct {
	store.Store
	questions, statements int
}

func (c *counted) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	c.questions++
	return c.Store.Query(ctx, q)
}

// countedConn counts the statements of its transactions.
type countedConn struct {
	sqldb.Conn
	of *counted
}

func (c countedConn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.View(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, countedTx{tx, c.of}) })
}

type countedTx struct {
	sqldb.Tx
	of *counted
}

func (c countedTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	c.of.statements++
	return c.Tx.Query(ctx, query, args...)
}

// newWorld returns a service whose database has reports, which are judged.
func newWorld(t testing.TB, reports ...*report.Report) *world {
	t.Helper()
	st := sqlite.OpenMemory("test")
	t.Cleanup(func() { st.Close() })
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	c := &counted{Store: st}
	db := *sqldb.Of(st)
	db.Conn = countedConn{db.Conn, c}
	w := &world{store: c, shell: &shell.Shell{
		Store: c, Answers: answers.New(&db), Verdicts: verdicts.New(&db), Trees: treenames.Default(), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now },
	}}
	w.serve()
	for _, r := range reports {
		w.load(t, r)
	}
	w.judge(t)
	return w
}

// serve makes the front for the shell.
func (w *world) serve() {
	f := front.New(front.Limits{})
	Routes(f, w.shell)
	w.Handler = f
}

func (w *world) load(t testing.TB, r *report.Report) {
	t.Helper()
	if _, err := w.store.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) judge(t testing.TB) {
	t.Helper()
	j := &verdicts.Judge{DB: verdicts.Of(w.store.Store), Names: w.shell.Trees, Now: w.shell.Now, Log: w.shell.Log}
	if _, err := j.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) get(path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://kcidb.example.org/", nil)
	u, err := r.URL.Parse(path)
	if err != nil {
		panic(err)
	}
	r.URL, r.RequestURI = u, path
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

// main returns the element main of a page.
func (w *world) main(t testing.TB, path string) string {
	t.Helper()
	answer := w.get(path)
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: %d\n%s", path, answer.Code, answer.Body)
	}
	_, rest, _ := strings.Cut(answer.Body.String(), `<main id="main">`)
	main, _, _ := strings.Cut(rest, "</main>")
	return main
}

var tags = regexp.MustCompile(`<[^>]*>`)

// words returns the text of a part of a page that begins with a start and ends with an end.
func words(page, start, end string) string {
	_, rest, _ := strings.Cut(page, start)
	part, _, _ := strings.Cut(rest, end)
	return strings.Join(strings.Fields(tags.ReplaceAllString(start+part, "")), " ")
}

// golden holds a text to a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

const oops = "[    1.0] run fstests generic/091\n[   84.318020] ------------[ cut here ]------------\n" +
	"[   84.318047] WARNING: CPU: 2 PID: 2114 at fs/iomap/iter.c:34 iomap_iter_advance+0x94/0xb0\n" +
	"[   84.318330] Call trace:\n[   84.318336]  iomap_iter_advance+0x94/0xb0\n[   84.319011] ---[ end trace 0000000000000000 ]---\ngeneric/091 failed\n"

// hashOf returns the hash of the commit of a revision by its number.
func hashOf(n int) string { return fmt.Sprintf("%08x%032d", n+1, 0) }

// history is a report of revisions of next/master, a day apart, the oldest first. A text
// has the statuses of the test at a revision, such as "PASS FAIL#" with "#" for an issue
// and "!" for an error of the harness; "" for no test. The tests have the IDs ci:tREVISION-N.
func history(revisions ...string) *report.Report {
	r := &report.Report{Issues: []report.Issue{{ID: "ci:issue", Version: 1, Origin: "ci", ReportSubject: new("iomap warns")}}}
	for i, statuses := range revisions {
		id, start := fmt.Sprintf("ci:c%d", i), now.AddDate(0, 0, i-len(revisions))
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: id, Origin: "ci", TreeName: new("next"), GitRepositoryURL: new("https://git.example.org/next.git"), GitRepositoryBranch: new("master"),
			GitCommitHash: new(hashOf(i)), GitCommitName: new(fmt.Sprintf("next-%d", i)), PatchsetHash: new(""), StartTime: &start, Timestamp: &start,
		})
		r.Builds = append(r.Builds, report.Build{
			ID: fmt.Sprintf("ci:b%d", i), Origin: "ci", CheckoutID: id, Architecture: new("arm64"), ConfigName: new("defconfig"), Compiler: new("gcc-14"),
			ConfigURL: new("https://files.example.org/config"), Status: new(report.StatusPass), StartTime: &start, Duration: new(600 + float64(i)), Timestamp: &start,
		})
		for n, status := range strings.Fields(statuses) {
			addTest(r, fmt.Sprintf("ci:t%d-%d", i, n), fmt.Sprintf("ci:b%d", i), status, start, i)
		}
	}
	return r
}

func addTest(r *report.Report, id, build, status string, start time.Time, i int) {
	t := report.Test{
		ID: id, Origin: "ci", BuildID: build, Path: new("xfstests.generic.091"), Status: new(report.Status(strings.Trim(status, "!#"))),
		StartTime: &start, Timestamp: &start, Duration: new(60 + float64(i)/4), LogURL: new("https://files.example.org/log"),
		Environment: &report.Environment{Misc: json.RawMessage(`{"platform":"vim3","job_id":"17","job_url":"https://lab.example.org/17"}`)},
		Misc:        json.RawMessage(`{"runtime":"lava-meadow"}`),
	}
	if strings.HasPrefix(status, "FAIL") {
		t.LogExcerpt = new(oops)
	}
	if strings.HasSuffix(status, "!") {
		t.Misc = json.RawMessage(`{"runtime":"lava-meadow","error_code":"Infrastructure","error_msg":"the board is gone"}`)
	}
	if strings.HasSuffix(status, "#") {
		r.Incidents = append(r.Incidents, report.Incident{ID: "ci:i" + id[4:], Origin: "ci", IssueID: "ci:issue", IssueVersion: 1, TestID: &id, Present: new(true), Timestamp: &start})
	}
	r.Tests = append(r.Tests, t)
}
