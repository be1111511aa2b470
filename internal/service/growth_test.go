// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	pgstore "github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/treenames"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkGrowth times each kind of answer and page, a notifier that considers a change,
// and the judge, on a database that grows to ten million tests. The ratios compare these
// times with the times at a hundred thousand tests. The requested data has the same
// size both times: a newly loaded tree, and the last days. Only one issue grows,
// from 3,000 incidents to 300,000. A hundred thousand tests are of less than five days, and
// some pages look back for up to 30 days, or at the last 12 revisions of each branch: the
// month-ratios compare with the times at two million tests, which are of more days.
func BenchmarkGrowth(b *testing.B) {
	sizes := []int{100_000, 2_000_000, 10_000_000}
	if testing.Short() {
		sizes = []int{100_000, 1_000_000}
	}
	for name, open := range map[string]func(b *testing.B) (store.Store, func()){
		"sqlite": func(b *testing.B) (store.Store, func()) {
			s, err := sqlite.Open(filepath.Join(b.TempDir(), "x.sqlite"))
			if err != nil {
				b.Fatal(err)
			}
			return s, func() {}
		},
		"postgresql": func(b *testing.B) (store.Store, func()) {
			server := pgtest.Start(b, "fsync = on", "shared_buffers = '1GB'", "max_wal_size = '8GB'")
			spec := strings.TrimPrefix(server.Database(b), "postgresql:")
			s, err := pgstore.Open(spec)
			if err != nil {
				b.Fatal(err)
			}
			return s, func() { vacuum(b, spec) }
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, settle := open(b)
				grow(b, &growing{Store: s, settle: settle, builds: 50, typical: sender{"maestro", "lava-harbour", "bcm2711-rpi-4-b"}}, sizes)
			}
		})
	}
}

// vacuum runs the maintenance that a server does by itself after a while.
func vacuum(b *testing.B, spec string) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), spec)
	if err == nil {
		_, err = conn.Exec(b.Context(), "VACUUM (ANALYZE)")
		if err == nil {
			_, err = conn.Exec(b.Context(), "CHECKPOINT")
		}
		conn.Close(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
}

func grow(b *testing.B, g *growing, sizes []int) {
	defer g.Close()
	if err := g.Init(b.Context(), store.Version{}); err != nil {
		b.Fatal(err)
	}
	next, stop := iter.Pull(batches(sizes[len(sizes)-1]))
	defer stop()
	g.next = next
	var first, before, last []figure
	for _, tests := range sizes {
		g.fill(b, tests)
		before, last = last, g.measure(b)
		if first == nil {
			first = last
		}
	}
	for i, f := range last {
		b.ReportMetric(f.took.Seconds()/first[i].took.Seconds(), f.what+"-ratio")
		if len(sizes) > 2 {
			b.ReportMetric(f.took.Seconds()/before[i].took.Seconds(), f.what+"-month-ratio")
		}
		b.ReportMetric(f.took.Seconds()*1e3, "ms/"+f.what)
	}
	began := time.Now()
	storetest.VerifyRollups(b, g.Store)
	b.ReportMetric(time.Since(began).Seconds(), "s/verify")
}

// batch is what a loader loads at a time.
type batch struct {
	report.Report
	receipts []store.Receipt
}

// add adds a report that arrived at a time.
func (b *batch) add(r *report.Report, at time.Time, id string) {
	r.SetTimestamps(at)
	b.receipts = append(b.receipts, store.Receipt{ID: id, Origin: originOf(r), Received: at, Finished: at.Add(time.Second), Bytes: 5000, Objects: r.Count()})
	b.Append(r)
}

// originOf returns the origin of a report.
func originOf(r *report.Report) string {
	switch {
	case len(r.Checkouts) > 0:
		return r.Checkouts[0].Origin
	case len(r.Builds) > 0:
		return r.Builds[0].Origin
	case len(r.Tests) > 0:
		return r.Tests[0].Origin
	}
	return "bench"
}

// batches returns the reports of one world in batches as a loader makes them,
// with their time of arrival, until they have the given number of tests.
func batches(tests int) iter.Seq[*batch] {
	return func(yield func(*batch) bool) {
		next, total, sent := &batch{}, 0, 0
		var now time.Time
		for r := range sample.Reports(sample.Options{Checkouts: 100 + tests/1000}) {
			for _, starts := range starts(r) {
				if starts.After(now) {
					now = starts
				}
			}
			addKnown(r)
			next.add(r, now, fmt.Sprint("sent", sent))
			sent++
			if next.Count() < storebench.BatchObjects {
				continue
			}
			if total += len(next.Tests); !yield(next) || total >= tests {
				return
			}
			next = &batch{}
		}
	}
}

// knownIssue occurs in one of 33 tests.
const knownIssue = "bench:known"

// addKnown adds the issue's incidents to a report.
func addKnown(r *report.Report) {
	if len(r.Tests) == 0 {
		return
	}
	r.Issues = append(r.Issues, report.Issue{ID: knownIssue, Version: 1, Origin: "bench", ReportSubject: new("it breaks everywhere")})
	for i := 0; i < len(r.Tests); i += 33 {
		id := r.Tests[i].ID
		r.Incidents = append(r.Incidents, report.Incident{
			ID: "bench:known-" + id, Origin: "bench", IssueID: knownIssue, IssueVersion: 1, TestID: &id, Present: new(true),
		})
	}
}

func starts(r *report.Report) (all []time.Time) {
	for i := range r.Builds {
		if at := r.Builds[i].StartTime; at != nil {
			all = append(all, *at)
		}
	}
	for i := range r.Tests {
		if at := r.Tests[i].StartTime; at != nil {
			all = append(all, *at)
		}
	}
	return all
}

// growing is a database into which more and more is loaded.
type growing struct {
	store.Store
	settle func() // brings the database into the state that it has after a while
	next   func() (*batch, bool)
	now    time.Time
	tests  int
	asked  int

	builds  int    // of each checkout of the tree
	names   int    // distinguishes the tree and its commits from those of other measurements
	typical sender // of what the database is filled with
}

// sender is an origin with one of its labs and boards.
type sender struct{ origin, lab, board string }

// fill loads reports until the database has the given number of tests, and judges them.
func (g *growing) fill(b *testing.B, tests int) {
	b.Helper()
	began, before := time.Now(), g.tests
	waiting := make(chan *batch)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for next := range waiting {
				g.load(b, next)
			}
		})
	}
	for g.tests < tests {
		next, ok := g.next()
		if !ok {
			break
		}
		g.tests += len(next.Tests)
		g.now = *next.Builds[0].Timestamp
		waiting <- next
	}
	close(waiting)
	group.Wait()
	b.ReportMetric(float64(g.tests-before)/time.Since(began).Seconds(), "fill-tests/s")
	g.settle()
	began = time.Now()
	judged := g.judge(b)
	b.ReportMetric(float64(judged)/time.Since(began).Seconds(), "judged-revisions/s")
	g.settle()
}

// load loads a batch.
func (g *growing) load(b testing.TB, next *batch) {
	if _, err := g.Load(b.Context(), &next.Report, store.LoadOptions{Metadata: true, Receipts: next.receipts}); err != nil {
		b.Error(err)
	}
}

// judge judges all revisions that wait, and returns their number.
func (g *growing) judge(b testing.TB) int {
	judge := &verdicts.Judge{DB: verdicts.Of(g.Store), Names: treenames.Default(), Now: func() time.Time { return g.now }, Log: slog.New(slog.DiscardHandler)}
	judged, err := judge.Once(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return judged
}

// sides is the number of checkouts of the tree.
const sides = 12

// tree returns a new tree with some builds in each checkout. The first checkout
// belongs to another branch. Each build of the last two has 400 tests: 20,000 for 50 builds.
func (g *growing) tree() *report.Report {
	r := &report.Report{}
	start := func(i int) *time.Time { return new(g.now.Add(time.Duration(i-20) * 30 * time.Minute)) }
	for c := range sides {
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: fmt.Sprintf("bench:%d.%d", g.tests, c), Origin: "bench", TreeName: new(g.treeName()), GitRepositoryURL: new(g.url()),
			GitRepositoryBranch: new([]string{"other", "main"}[min(c, 1)]), GitCommitHash: new(g.hash(c)), GitCommitName: new(g.commitName(c)), StartTime: start(c),
		})
		tests := 40
		if c >= sides-2 {
			tests = 400
		}
		for n := range g.builds {
			build := report.Build{
				ID: fmt.Sprintf("bench:%d.%d.%d", g.tests, c, n), Origin: "bench", CheckoutID: r.Checkouts[c].ID, StartTime: start(c),
				Architecture: new([]string{"arm64", "x86_64", "arm", "riscv"}[n%4]), Compiler: new([]string{"gcc-12", "clang-17"}[n%2]),
				ConfigName: new(fmt.Sprintf("config%d", n/5)), Status: new([]report.Status{"PASS", "PASS", "PASS", "FAIL"}[n%7%4]),
			}
			r.Builds = append(r.Builds, build)
			for t := range tests {
				platform := fmt.Sprintf("board-%d", (n+t/50)%20)
				r.Tests = append(r.Tests, report.Test{
					ID: fmt.Sprintf("bench:%d.%d.%d.%d", g.tests, c, n, t), Origin: "bench", BuildID: build.ID, StartTime: start(c),
					Path:   new([]string{"boot", "ltp.syscalls", "kselftest.net", "kunit"}[t%4] + []string{"", fmt.Sprintf(".case%03d", t)}[min(t%4, 1)]),
					Status: new([]report.Status{"PASS", "PASS", "PASS", "PASS", "FAIL", "PASS", "PASS", "SKIP", "PASS", "PASS"}[(t+c)%10]), Duration: new(float64(t)),
					Environment: &report.Environment{Compatible: []string{"vendor," + platform}, Misc: fmt.Appendf(nil, `{"platform":%q}`, platform)},
					Misc:        fmt.Appendf(nil, `{"runtime":"lab-%d"}`, n%3),
				})
			}
		}
		r.Issues = append(r.Issues, report.Issue{ID: fmt.Sprintf("bench:i%d.%d", g.tests, c), Version: 1, Origin: "bench", Comment: new("it breaks")})
		for t := range 40 {
			test := r.Tests[len(r.Tests)-1-t*3]
			r.Incidents = append(r.Incidents, report.Incident{
				ID: fmt.Sprintf("bench:n%d.%d.%d", g.tests, c, t), Origin: "bench", IssueID: r.Issues[c].ID, IssueVersion: 1, TestID: &test.ID, Present: new(true),
			})
		}
	}
	return r
}

// treeName, url, hash and commitName name the tree and its commits.
func (g *growing) treeName() string { return fmt.Sprint("bench", g.names) }
func (g *growing) url() string      { return "https://git.example.org/" + g.treeName() + ".git" }
func (g *growing) hash(checkout int) string {
	return fmt.Sprintf("%08d%04d%028d", g.tests, checkout, 0)
}
func (g *growing) commitName(checkout int) string { return fmt.Sprintf("v6.%d-%d", g.names, checkout) }

// moreTests returns some tests of a build of the tree's newest revision.
func (g *growing) moreTests(name string, tests int) *report.Report {
	r := &report.Report{}
	for n := range tests {
		r.Tests = append(r.Tests, report.Test{
			ID: fmt.Sprintf("bench:%d.%s.%d", g.tests, name, n), Origin: "bench", BuildID: fmt.Sprintf("bench:%d.%d.0", g.tests, sides-1), StartTime: new(g.now),
			Path: new(fmt.Sprint("more.case", n)), Status: new([]report.Status{report.StatusFail, report.StatusPass}[min(n, 1)]),
		})
	}
	return r
}
