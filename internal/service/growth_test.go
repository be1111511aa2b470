// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"iter"
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
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkGrowth times each kind of answer and page, and a notifier that considers
// a change, on a database that grows to ten million tests. The ratios compare these
// times with the times at a hundred thousand tests. The requested data has the same
// size both times: a newly loaded tree, and the last day. Only one issue grows,
// from 3,000 incidents to 300,000.
func BenchmarkGrowth(b *testing.B) {
	few, many := 100_000, 10_000_000
	if testing.Short() {
		many = 1_000_000
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
				grow(b, &growing{Store: s, settle: settle}, few, many)
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

func grow(b *testing.B, g *growing, few, many int) {
	defer g.Close()
	if err := g.Init(b.Context(), store.Version{}); err != nil {
		b.Fatal(err)
	}
	next, stop := iter.Pull(batches(many))
	defer stop()
	g.next = next
	g.fill(b, few)
	small := g.measure(b)
	began, before := time.Now(), g.tests
	g.fill(b, many)
	b.ReportMetric(float64(g.tests-before)/time.Since(began).Seconds(), "fill-tests/s")
	large := g.measure(b)
	for _, what := range requestNames {
		b.ReportMetric(large[what].Seconds()/small[what].Seconds(), what+"-ratio")
		b.ReportMetric(large[what].Seconds()*1e3, "ms/"+what)
	}
	began = time.Now()
	storetest.VerifyRollups(b, g.Store)
	b.ReportMetric(time.Since(began).Seconds(), "s/verify")
}

// batches returns the reports of one world in batches as a loader makes them,
// with their time of arrival, until they have the given number of tests.
func batches(tests int) iter.Seq[*report.Report] {
	return func(yield func(*report.Report) bool) {
		batch, total := &report.Report{}, 0
		var now time.Time
		for r := range sample.Reports(sample.Options{Checkouts: 100 + tests/1000}) {
			for _, starts := range starts(r) {
				if starts.After(now) {
					now = starts
				}
			}
			addKnown(r)
			r.SetTimestamps(now)
			batch.Append(r)
			if batch.Count() < storebench.BatchObjects {
				continue
			}
			if total += len(batch.Tests); !yield(batch) || total >= tests {
				return
			}
			batch = &report.Report{}
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
	next   func() (*report.Report, bool)
	now    time.Time
	tests  int
	asked  int
}

// fill loads reports until the database has the given number of tests.
func (g *growing) fill(b *testing.B, tests int) {
	b.Helper()
	waiting := make(chan *report.Report)
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for r := range waiting {
				if _, err := g.Load(b.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for g.tests < tests {
		r, ok := g.next()
		if !ok {
			break
		}
		g.tests += len(r.Tests)
		g.now = *r.Builds[0].Timestamp
		waiting <- r
	}
	close(waiting)
	group.Wait()
	g.settle()
}

const (
	benchURL = "https://git.example.org/bench.git"
	sides    = 12 // checkouts of the tree
)

// tree returns a new tree with 50 builds in each checkout. Each of the last
// two checkouts has 20,000 tests.
func (g *growing) tree(b *testing.B) *report.Report {
	r := &report.Report{}
	start := func(i int) *time.Time { return new(g.now.Add(time.Duration(i-20) * 30 * time.Minute)) }
	for c := range sides {
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: fmt.Sprintf("bench:%d.%d", g.tests, c), Origin: "bench", TreeName: new("bench"), GitRepositoryURL: new(benchURL),
			GitRepositoryBranch: new("main"), GitCommitHash: new(g.hash(c)), GitCommitName: new(fmt.Sprintf("v6.%d", c)), StartTime: start(c),
		})
		tests := 40
		if c >= sides-2 {
			tests = 400
		}
		for n := range 50 {
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
			test := r.Tests[len(r.Tests)-1-t*5]
			r.Incidents = append(r.Incidents, report.Incident{
				ID: fmt.Sprintf("bench:n%d.%d.%d", g.tests, c, t), Origin: "bench", IssueID: r.Issues[c].ID, IssueVersion: 1, TestID: &test.ID, Present: new(true),
			})
		}
	}
	r.SetTimestamps(g.now)
	return r
}

// hash returns the hash of a commit of the tree.
func (g *growing) hash(checkout int) string { return fmt.Sprintf("%032d%08d", g.tests, checkout) }
