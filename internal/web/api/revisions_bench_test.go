// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// bigTree returns a revision of 50 builds with 400 tests each, as CI systems have
// them: a build is tested on two boards, with a boot and a few suites on each.
func bigTree() *report.Report {
	start := worldNow.Add(-24 * time.Hour)
	r := &report.Report{Checkouts: []report.Checkout{{
		ID: "maestro:big", Origin: "maestro", TreeName: new("mainline"), GitRepositoryURL: new(mainlineURL), GitRepositoryBranch: new("master"),
		GitCommitHash: new(hashNew), GitCommitName: new("v6.13"), StartTime: &start,
	}}}
	suites := []string{"boot", "ltp.syscalls", "kselftest.net", "kunit"}
	for b := range 50 {
		build := report.Build{
			ID: fmt.Sprint("maestro:big.", b), Origin: "maestro", CheckoutID: "maestro:big", StartTime: &start, Status: new(report.StatusPass),
			Architecture: new([]string{"arm64", "x86_64", "arm", "riscv"}[b%4]), Compiler: new([]string{"gcc-12", "clang-17"}[b%2]),
			ConfigName: new(fmt.Sprint("config", b/5)), Misc: []byte(`{"runtime": "k8s"}`),
		}
		r.Builds = append(r.Builds, build)
		for n := range 400 {
			board, suite, at := fmt.Sprint("board-", (b+n/200)%20), suites[n%200*4/200], start.Add(time.Duration(n)*time.Second)
			if n%200 > 0 && suite == "boot" {
				suite = "ltp.syscalls"
			}
			t := report.Test{
				ID: fmt.Sprintf("%s.%d", build.ID, n), Origin: "maestro", BuildID: build.ID, StartTime: &at, Duration: new(float64(n)),
				Path: &suite, Status: new([]report.Status{"PASS", "PASS", "PASS", "SKIP", "PASS", "PASS", "PASS", "PASS", "PASS", "FAIL"}[n%10]),
				Environment: &report.Environment{
					Compatible: []string{"vendor," + board, "vendor,soc"}, Misc: fmt.Appendf(nil, `{"platform": %q, "job": "job-%d"}`, board, b),
				},
				Misc: fmt.Appendf(nil, `{"runtime": "lab-%d", "job": %d}`, b%3, n), LogURL: new(fmt.Sprintf("https://files.example.org/%s.%d/log.gz", build.ID, n/100)),
			}
			if suite != "boot" {
				t.Path = new(fmt.Sprintf("%s.case%03d", suite, n%200))
			}
			if *t.Status == report.StatusFail {
				t.Misc = fmt.Appendf(nil, `{"runtime": "lab-%d", "error_msg": "%s failed"}`, b%3, suite)
			}
			r.Tests = append(r.Tests, t)
		}
	}
	r.Issues = []report.Issue{{ID: "maestro:i", Version: 1, Origin: "maestro", Comment: new("it breaks")}}
	for n := range 40 {
		r.Incidents = append(r.Incidents, report.Incident{
			ID: fmt.Sprint("maestro:n", n), Origin: "maestro", IssueID: "maestro:i", IssueVersion: 1, TestID: &r.Tests[9+n*10].ID, Present: new(true),
		})
	}
	return r
}

// inFile returns an API of a database in a file, with reports in it.
func inFile(tb testing.TB, reports ...*report.Report) *served {
	tb.Helper()
	db, err := sqlite.Open(filepath.Join(tb.TempDir(), "db"))
	if err != nil {
		tb.Fatal(err)
	}
	s := serve(tb, db)
	s.load(reports...)
	return s
}

// summarySQL returns queries for the numbers of a summary by the tests themselves. In
// PostgreSQL their texts are in place.
func summarySQL(contents bool) []string {
	platform, compatible, in := "t.environment_misc ->> 'platform'", "t.environment_compatible", ""
	if contents {
		platform, compatible = "m.data ->> 'platform'", "c.data"
		in = " LEFT JOIN contents m ON m.id = t.environment_misc LEFT JOIN contents c ON c.id = t.environment_compatible"
	}
	const of, groups = " WHERE b.checkout_id = 'maestro:big'", " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
	return []string{
		"SELECT t.path = 'boot' OR t.path LIKE 'boot.%', b.config_name, b.architecture, b.compiler, t.origin, " + platform + ", " + compatible +
			", t.misc ->> 'runtime', t.misc ->> 'error_msg', t.status, count(*) FROM builds b JOIN tests t ON t.build_id = b.id" + in + of + groups,
		"SELECT 0, b.config_name, b.architecture, b.compiler, b.origin, '', '', b.misc ->> 'runtime', '', b.status, count(*) FROM builds b" + of + groups,
		"SELECT 0, i.issue_id, '', '', '', '', '', '', '', t.status, count(*) FROM builds b JOIN tests t ON t.build_id = b.id" +
			" JOIN incidents i ON i.test_id = t.id" + of + groups,
	}
}

// BenchmarkTreeSummary sums up a revision of 50 builds and 20,000 tests. The ratio is
// of the time that SQL takes to count the same from the tests, to that of the answer.
func BenchmarkTreeSummary(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { benchmarkSummary(b, inFile(b, bigTree()), summarySQL(true)) })
	b.Run("postgresql", func(b *testing.B) {
		spec := strings.TrimPrefix(pgtest.Start(b, "fsync = off").Database(b), "postgresql:")
		db, err := postgres.Open(spec)
		if err != nil {
			b.Fatal(err)
		}
		s := serve(b, db)
		s.load(bigTree())
		conn, err := pgx.Connect(b.Context(), spec)
		if err == nil {
			_, err = conn.Exec(b.Context(), "VACUUM (ANALYZE)")
			conn.Close(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		benchmarkSummary(b, s, summarySQL(false))
	})
}

func benchmarkSummary(b *testing.B, s *served, queries []string) {
	count := func() {
		err := s.api.data.answers().View(b.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			for _, query := range queries {
				rows := 0
				into := make([]any, 11)
				for i := range into {
					into[i] = new(any)
				}
				if err := sqldb.Read(ctx, tx, query, nil, into, func() error { rows++; return nil }); err != nil || rows == 0 {
					return fmt.Errorf("%s: %d rows, %v", query, rows, err)
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	asked := 0
	ask := func() {
		asked++
		r := httptest.NewRequest("GET", fmt.Sprintf("/api/tree/%s/summary?git_branch=master&n=%d", hashNew, asked), nil)
		w := httptest.NewRecorder()
		if s.api.ServeHTTP(w, r); w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
	best := func(rounds int, f func()) time.Duration {
		took := time.Hour
		for range rounds {
			began := time.Now()
			f()
			took = min(took, time.Since(began))
		}
		return took
	}
	count()
	ask()
	storetest.VerifyRollups(b, s.store)
	for b.Loop() {
		bySQL, answer := best(5, count), best(21, ask)
		b.ReportMetric(bySQL.Seconds()/answer.Seconds(), "ratio")
		b.ReportMetric(answer.Seconds()*1e3, "ms/answer")
		b.ReportMetric(bySQL.Seconds()*1e3, "ms/sql")
	}
}

// A list of 20,000 tests takes little memory, however large the answer.
func TestTestsMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	s := inFile(t, bigTree())
	s.loaded = nil
	asked := 0
	for _, path := range []string{"/tests?", "/tests?filter_test.path=ltp&", "/tests?limit=10000&", "/full?"} {
		w := &meter{header: make(http.Header)}
		measure := func() {
			*w = meter{header: make(http.Header)}
			asked++
			s.api.ServeHTTP(w, httptest.NewRequest("GET", fmt.Sprint("/api/tree/", hashNew, path, "n=", asked), nil))
		}
		measure()
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		w.most = 0
		measure()
		took := int64(w.most) - int64(before.HeapAlloc)
		t.Logf("%s: %d bytes took %d", path, w.bytes, took)
		if w.bytes < 3<<20 || took > 5<<20 {
			t.Errorf("%s: %d bytes took %d", path, w.bytes, took)
		}
	}
}

// meter takes an answer, and looks at the heap meanwhile.
type meter struct {
	header http.Header
	bytes  int
	looked int
	most   uint64
}

func (m *meter) Header() http.Header { return m.header }
func (m *meter) WriteHeader(int)     {}

func (m *meter) Write(p []byte) (int, error) {
	if m.bytes += len(p); m.bytes >= m.looked {
		m.looked = m.bytes + 512<<10
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		m.most = max(m.most, now.HeapAlloc)
	}
	return io.Discard.Write(p)
}
