// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"context"
	"errors"
	"fmt"
	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/summary"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

const commit = "5e29d1443c46b6ca70a4c940a67e8c09f05dcb7e"

// watched is a database that records its queries.
type watched struct {
	store.Store
	asked []string
	fails error // instead of an answer
}

func (g *watched) record(what string) { g.asked = append(g.asked, what) }

// checkQueries checks the queries since the last time.
func (g *watched) checkQueries(t *testing.T, what string, want ...string) {
	t.Helper()
	if !slices.Equal(g.asked, want) {
		t.Errorf("%s: the database was asked %q, want %q", what, g.asked, want)
	}
	g.asked = nil
}

func (g *watched) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	g.record("query")
	return g.Store.Query(ctx, q)
}

func (g *watched) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	g.record("match " + string(patterns[0].Type))
	if g.fails != nil {
		return func(yield func(*object.Set, error) bool) { yield(nil, g.fails) }
	}
	return g.Store.Match(ctx, patterns, opts)
}

// SQL returns the database, which records each view of the roll-ups.
func (g *watched) SQL() *sqldb.DB {
	db := sqldb.Of(g.Store)
	return &sqldb.DB{Conn: watchedConn{db.Conn, g}, Dialect: db.Dialect}
}

type watchedConn struct {
	sqldb.Conn
	store *watched
}

func (c watchedConn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	c.store.record("roll-ups")
	return c.Conn.View(ctx, f)
}

func (g *watched) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	for _, b := range builds {
		g.record("outcomes " + b)
	}
	return g.Store.Outcomes(ctx, builds)
}

func (g *watched) Previous(ctx context.Context, like store.Like, n int) ([]string, error) {
	g.record("previous")
	return g.Store.Previous(ctx, like, n)
}

// open returns a database with reports in it.
func open(t *testing.T, reports ...*report.Report) *watched {
	t.Helper()
	s := sqlite.OpenMemory(t.Name())
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if _, err := s.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	return &watched{Store: s}
}

// hoursLater is the time a number of hours after another time.
func hoursLater(hours int) *time.Time {
	return new(time.Date(2026, 2, 20, hours, 0, 0, 0, time.UTC))
}

// testOf returns a test of a build.
func testOf(build, id, path string, status report.Status) report.Test {
	t := report.Test{ID: id, Origin: "ci", BuildID: build, Path: &path}
	if status != "" {
		t.Status = &status
	}
	return t
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// family is a revision with two checkouts, three builds and four tests.
func family() *report.Report {
	return &report.Report{
		Checkouts: []report.Checkout{
			{ID: "ci:c1", Origin: "ci", GitCommitHash: new(commit), GitCommitName: new("v6.16"), Valid: new(true)},
			{ID: "ci:c2", Origin: "lab", GitCommitHash: new(commit)},
		},
		Builds: []report.Build{
			{ID: "ci:b1", Origin: "ci", CheckoutID: "ci:c1", Architecture: new("arm64"), Status: new(report.StatusPass)},
			{ID: "ci:b2", Origin: "ci", CheckoutID: "ci:c1", Architecture: new("riscv"), Status: new(report.StatusFail)},
			{ID: "ci:b3", Origin: "lab", CheckoutID: "ci:c2", Architecture: new("arm64")},
		},
		Tests: []report.Test{
			testOf("ci:b1", "ci:t1", "boot", report.StatusPass), testOf("ci:b1", "ci:t2", "ltp.a", report.StatusSkip),
			testOf("ci:b3", "ci:t3", "boot", report.StatusError), testOf("ci:b3", "ci:t4", "ltp.b", report.StatusPass),
		},
	}
}

// TestReadsWhatIsAskedFor: the graph reads nothing else, and nothing twice.
func TestReadsWhatIsAskedFor(t *testing.T) {
	s := open(t, family())
	g := graph.New(t.Context(), s)
	test := g.Object(object.TestRef("ci:t3")).(*graph.Test)
	if test.Known() || test.Outcome() != "" {
		t.Error("it is known what was not read")
	}
	s.checkQueries(t, "a view")
	must[[]graph.Object](t)(g.Find(object.TestRef("ci:t3"), object.TestRef("ci:t4")))
	if !test.Known() || test.Build().Architecture() != "arm64" || test.Build().Checkout().Commit() != commit {
		t.Errorf("found %+v of %+v", test, test.Build())
	}
	s.checkQueries(t, "tests with their parents", "query")

	r := test.Build().Checkout().Revision()
	s.checkQueries(t, "a revision")
	if name := must[string](t)(r.Name()); name != "v6.16" || !r.Known() {
		t.Errorf("the revision is %q", name)
	}
	s.checkQueries(t, "its name", "match checkout")
	if status := must[string](t)(r.Status()); status != "FAIL" {
		t.Errorf("its status is %q", status)
	}
	s.checkQueries(t, "its status", "match build", "roll-ups")
	tests := must[*graph.Tests](t)(r.Tests())
	byArch := must[map[string]summary.Counts](t)(tests.CountBy((*graph.Build).Architecture))
	if got := byArch["arm64"].String(); got != "1 ERROR, 2 PASS, 1 SKIP" || len(byArch) != 1 {
		t.Errorf("by architecture: %v", byArch)
	}
	must[[]string](t)(r.Origins())
	must[summary.Counts](t)(tests.OfBuild("ci:b1"))
	s.checkQueries(t, "counts again")
	if under := must[summary.Counts](t)(tests.Under("ltp.**")); under.String() != "1 PASS, 1 SKIP" {
		t.Errorf("under ltp: %v", under)
	}
	must[summary.Counts](t)(tests.Under("ltp.**"))
	s.checkQueries(t, "counts by path", "roll-ups")
}

// TestUnder holds the counts of all kinds of globs to facts.MatchPath, whether they
// come from roll-ups or from tests.
func TestUnder(t *testing.T) {
	r := family()
	r.Tests = nil
	paths := []string{"", "ltp", "ltp.a", "ltp.a.b", "ltp-x.a", "ltpx", "boot", "boot.nfs", "b.*", "é.é"}
	for i, path := range paths {
		r.Tests = append(r.Tests, report.Test{ID: fmt.Sprint("ci:", i), Origin: "ci", BuildID: "ci:b1", Path: &path, Status: new(report.StatusPass)})
	}
	r.Tests = append(r.Tests, report.Test{ID: "ci:none", Origin: "ci", BuildID: "ci:b2"}, report.Test{ID: "ci:other", Origin: "ci", BuildID: "ci:x", Path: new("ltp")})
	tests := must[*graph.Tests](t)(graph.New(t.Context(), open(t, r)).Revision(commit, "").Tests())
	for _, glob := range []string{"", "*", "**", "ltp", "ltp.**", "ltp.*", "ltp.a.**", "ltp.a", "ltp.?.b", "l*.a", "**.a", "boot.**", "boot.*", "é.**", "b.*", "x.**"} {
		want := summary.Counts{}
		for _, path := range paths {
			if facts.MatchPath(glob, path) {
				want[report.StatusPass]++
			}
		}
		if facts.MatchPath(glob, "") {
			want[""]++
		}
		if got := must[summary.Counts](t)(tests.Under(glob)); got.String() != want.String() {
			t.Errorf("%q: %s, want %s", glob, got, want)
		}
	}
}

// TestNothingThere: an object that is not in the database has its ID only.
func TestNothingThere(t *testing.T) {
	s := open(t, &report.Report{Tests: []report.Test{{ID: "ci:t", Origin: "ci", BuildID: "ci:gone"}}})
	g := graph.New(t.Context(), s)
	for _, ref := range []object.Ref{
		object.RevisionRef(commit, ""), object.CheckoutRef("x:1"), object.BuildRef("x:1"), object.TestRef("x:1"),
		object.IssueRef("x:1"), object.IssueVersionRef("x:1", 3), object.IncidentRef("x:1"),
	} {
		o := must[[]graph.Object](t)(g.Find(ref))[0]
		if status := must[string](t)(o.Status()); o.Known() || status != "" || o.Ref() != ref {
			t.Errorf("%s is known, as %s with status %q", ref, o.Ref(), status)
		}
	}
	test := must[[]graph.Object](t)(g.Find(object.TestRef("ci:t")))[0].(*graph.Test)
	build := test.Build()
	if build.Known() || build.Ref().ID[0] != "ci:gone" || build.Checkout().Known() || build.Architecture() != "" {
		t.Errorf("the build is %+v", build)
	}
	if before := must[report.Status](t)(test.Before()); before != "" {
		t.Errorf("before it was %q", before)
	}
}

// TestErrors: an error of the database is returned and kept. It never looks like an
// empty database.
func TestErrors(t *testing.T) {
	s := open(t, family())
	s.fails = errors.New("no disk")
	g := graph.New(t.Context(), s)
	r := g.Revision(commit, "")
	if _, err := r.Status(); !errors.Is(err, s.fails) || !errors.Is(g.Err(), s.fails) {
		t.Errorf("got %v, and kept %v", err, g.Err())
	}
	s.fails = nil
	if status, err := r.Status(); err != nil || status != "FAIL" {
		t.Errorf("later it is %q, %v", status, err)
	}
}

// Templates of subscriptions show the patches of a revision.
func TestPatchsetFiles(t *testing.T) {
	c := report.Checkout{ID: "ci:1", Origin: "ci", GitCommitHash: new(commit), PatchsetHash: new("abc")}
	patched := c
	patched.ID, patched.PatchsetFiles = "ci:2", []report.Resource{{Name: "1.patch", URL: "https://example.org/1.patch"}}
	g := graph.New(t.Context(), open(t, &report.Report{Checkouts: []report.Checkout{c, patched}}))
	files := must[[]report.Resource](t)(g.Revision(commit, "abc").PatchsetFiles())
	if len(files) != 1 || files[0].Name != "1.patch" {
		t.Errorf("got %+v", files)
	}
}
