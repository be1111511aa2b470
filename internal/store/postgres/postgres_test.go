// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Sink { return open(t, pgtest.Database(t)) },
		storetest.Capabilities{Store: true, Locks: true, Backups: true, Snapshots: true, Purges: true, SQL: true, FindsLoaded: true, Lag: true, Roles: true, Several: true, JSONValues: true, Reopen: reopen, Ready: ready})
}

func reopen(t *testing.T, s store.Sink) store.Sink {
	t.Helper()
	config := s.(*Store).pool.Config()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, config.ConnString())
}

// open opens a database until the end of the test.
func open(t testing.TB, spec string) *Store {
	t.Helper()
	s, err := Open(strings.TrimPrefix(spec, "postgresql:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// model is a database with a schema, from which ready makes copies. That takes a fraction of
// the time of all migrations.
var model struct {
	sync.Once
	name string
}

// ready returns an empty database with a schema.
func ready(t *testing.T) store.Sink {
	t.Helper()
	server := pgtest.Shared(t)
	model.Do(func() {
		const name = "model"
		server.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE template0")
		s, err := Open(server.DSN(name, pgtest.Superuser))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
		model.name = name
	})
	if model.name == "" {
		t.Fatal("there is no database to copy: see the test that failed first")
	}
	return open(t, server.Copy(t, model.name))
}

// initialized returns a new database with a schema, and its specification.
func initialized(t testing.TB, server *pgtest.Server) (*Store, string) {
	t.Helper()
	spec := server.Database(t)
	s := open(t, spec)
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	return s, spec
}

// withUser returns the specification of the same database for another user.
func withUser(spec, user string) string {
	before, _, _ := strings.Cut(spec, " user=")
	return before + " user=" + user
}

// giveUpEarly has a store give up sooner than is good for anybody but a test.
func giveUpEarly(s *Store, patience, retryFor time.Duration) *Store {
	s.patience, s.retryFor = patience, retryFor
	return s
}

// run runs statements in a database of any kind.
func run(t testing.TB, spec string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), strings.TrimPrefix(spec, "postgresql:"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for _, statement := range statements {
		if _, err := conn.Exec(t.Context(), statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%v\nof %s", err, statement)
		}
	}
}

// value returns the one value that a query answers with.
func value[T any](t testing.TB, q querier, query string, args ...any) (v T) {
	t.Helper()
	if err := q.QueryRow(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%v\nof %s", err, query)
	}
	return v
}

// expectError fails the test unless err is the one wanted, names the database
// and has the words of the advice.
func expectError(t testing.TB, s *Store, err, want error, words ...string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), s.name+": ") {
		t.Errorf("got %v, want %v of %s", err, want, s.name)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v\ndoes not say %s", err, w)
		}
	}
}

// sample returns the ith build with its tests.
func sample(i int) *report.Report {
	id := fmt.Sprintf("a:%d", i)
	r := &report.Report{Builds: []report.Build{{ID: id, Origin: "a", CheckoutID: "a:1", LogExcerpt: &id}}}
	for j := range samples {
		long := strings.Repeat(fmt.Sprintf("line %d of test %d\n", j, i), 20)
		r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("%s.%d", id, j), Origin: "a", BuildID: id, LogExcerpt: &long, LogURL: &id})
	}
	return r
}

// samples is how many tests a sample has.
const samples = 20

// receipted are the options that load the ith sample with its receipt.
func receipted(i int) store.LoadOptions {
	return store.LoadOptions{Receipts: []store.Receipt{receipt(i)}}
}

func receipt(i int) store.Receipt {
	return store.Receipt{ID: fmt.Sprint(i), Origin: "a", Received: time.Unix(1, 0).UTC(), Finished: time.Unix(2, 0).UTC(), Objects: 1 + samples}
}

// loadSamples loads n samples, with receipts, and returns what a dump then has. A store with
// an older schema has no room for the receipts of this one.
func loadSamples(t testing.TB, s *Store, n int) *report.Report {
	t.Helper()
	for i := range n {
		opts := receipted(i)
		if s.uncounted {
			opts = store.LoadOptions{}
		}
		if _, err := s.Load(t.Context(), sample(i), opts); err != nil {
			t.Fatal(err)
		}
	}
	return dumpAll(t, s)
}

func dumpAll(t testing.TB, s *Store) *report.Report {
	t.Helper()
	all := &report.Report{}
	for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Append(r)
	}
	return all
}

// firstError returns the first error of a dump or a query.
func firstError(reports func(func(*report.Report, error) bool)) error {
	for _, err := range reports {
		if err != nil {
			return err
		}
	}
	return nil
}
