// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/mux"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// capability is an interface that only some databases implement.
type capability struct {
	name     string // of the interface, with its package
	declared func(Capabilities) bool
	found    func(store.Sink) bool
	// own: mux does not have the capability of its first database.
	own bool
	// use uses the capability of a database with the objects of least. It may be nil.
	use func(*testing.T, store.Sink)
}

// capabilities are all capabilities. TestCapabilities fails if an interface of package
// store is missing here.
var capabilities = []capability{
	{"store.Store", func(c Capabilities) bool { return c.Store }, implements[store.Store], false, useStore},
	{"store.RoleMaker", func(c Capabilities) bool { return c.Roles }, isRoleMaker, true, nil},
	{"store.Lagger", func(c Capabilities) bool { return c.Lag }, implements[store.Lagger], false, useLag},
	{"store.Bulker", func(c Capabilities) bool { return c.Bulk }, implements[store.Bulker], false, useBulk},
	{"store.Compacter", func(c Capabilities) bool { return c.Compacts }, implements[store.Compacter], false, useCompact},
	{"store.Estimator", func(c Capabilities) bool { return c.Estimates }, implements[store.Estimator], false, useEstimate},
	{"store.LoadedFinder", func(c Capabilities) bool { return c.FindsLoaded }, implements[store.LoadedFinder], false, useLoaded},
	{"store.Locker", func(c Capabilities) bool { return c.Locks }, implements[store.Locker], false, useLock},
	{"store.Backuper", func(c Capabilities) bool { return c.Backups }, isBackuper, true, nil},
	{"sqldb.Source", func(c Capabilities) bool { return c.SQL }, implements[sqldb.Source], false, useSQL},
}

func implements[T any](db store.Sink) bool {
	_, ok := store.As[T](db)
	return ok
}

func isRoleMaker(db store.Sink) bool {
	_, ok := db.(store.RoleMaker)
	return ok
}

func isBackuper(db store.Sink) bool {
	_, ok := db.(store.Backuper)
	return ok
}

// requireAs returns db as a T, and fails the test if it is not a T.
func requireAs[T any](t testing.TB, db store.Sink) T {
	t.Helper()
	c, ok := store.As[T](db)
	if !ok {
		t.Fatalf("%T is no %T, although its driver declares so", db, new(T))
	}
	return c
}

// capabilities checks that a database has the capabilities that its driver declares
// and no others, and uses them: by itself, and as mux wraps it.
func (s suite) capabilities(t *testing.T) {
	ready := s.ready
	if s.can.Slow { // one database does for all, because no capability counts the uses of another
		one := s.ready(t)
		ready = func(*testing.T) store.Sink { return one }
	}
	for _, c := range capabilities {
		t.Run(c.name, func(t *testing.T) {
			c.check(t, ready(t), c.declared(s.can))
			t.Run("mux", func(t *testing.T) { c.check(t, mux.Of(ready(t)), c.declared(s.can) && !c.own) })
		})
	}
}

func (c *capability) check(t *testing.T, db store.Sink, declared bool) {
	t.Helper()
	if found := c.found(db); found != declared {
		t.Fatalf("is a %s: %t, although its driver declares %t", c.name, found, declared)
	}
	if !declared || c.use == nil {
		return
	}
	mustLoad(t, db, minimalReport(), store.LoadOptions{})
	c.use(t, db)
}

func useStore(t *testing.T, db store.Sink) {
	full := requireAs[store.Store](t, db)
	if err := full.SaveReceipts(t.Context(), []store.Receipt{{ID: "x", Failure: "no report"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := full.Receipt(t.Context(), "x"); err != nil || got.Failure != "no report" {
		t.Errorf("got the receipt %v, %v", got, err)
	}
	n := 0
	for set, err := range full.Match(t.Context(), parse(t, ">*#"), store.MatchOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n += set.Report.Count()
	}
	if want := minimalReport().Count(); n != want {
		t.Errorf("%d objects, want %d", n, want)
	}
}

// useSQL uses the packages that stand on the SQL database of a store.
func useSQL(t *testing.T, db store.Sink) {
	useCounts(t, db)
	useSpool(t, db)
}

func useSpool(t *testing.T, db store.Sink) {
	sp, _ := sqlspool.Of(db)
	if err := sp.Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, db, numbered(1, 1), store.LoadOptions{Note: true})
	if backlog, err := sp.Backlog(t.Context()); err != nil || backlog.Batches == 0 {
		t.Errorf("the changes were not noted: %v, %v", backlog, err)
	}
}

func useCounts(t *testing.T, db store.Sink) {
	if complete, err := rollup.Of(db).Complete(t.Context()); err != nil || !complete {
		t.Errorf("complete: %t, %v", complete, err)
	}
	VerifyRollups(t, db)
	objects, err := answers.Of(db).Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for list, keys := range keys(minimalReport()) {
		if objects[list] != int64(len(keys)) {
			t.Errorf("%d %s are counted, want %d", objects[list], list, len(keys))
		}
	}
}

func useLag(t *testing.T, db store.Sink) {
	if behind, err := requireAs[store.Lagger](t, db).Lag(t.Context()); err != nil || behind != 0 {
		t.Errorf("%v behind, %v, although the database is no replica", behind, err)
	}
}

func useBulk(t *testing.T, db store.Sink) {
	size := requireAs[store.Bulker](t, db).BulkSize()
	if size <= 0 {
		t.Errorf("%d objects in bulk", size)
	}
	mustLoad(t, db, minimalReport(), store.LoadOptions{Bulk: true})
	s := suite{}
	s.expect(t, dumpAll(t, db, false), minimalReport())
}

func useLock(t *testing.T, db store.Sink) {
	lock := requireAs[store.Locker](t, db).RunAlone
	for range 2 { // the lock is given back
		var second error
		err := lock(t.Context(), func(ctx context.Context) error {
			second = lock(ctx, func(context.Context) error { t.Error("two have the lock"); return nil })
			return store.ErrNoReceipt // any error
		})
		if !errors.Is(err, store.ErrNoReceipt) || !errors.Is(second, store.ErrBusy) {
			t.Errorf("the first got %v, the second %v", err, second)
		}
	}
}

func useCompact(t *testing.T, db store.Sink) {
	if err := requireAs[store.Compacter](t, db).Compact(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s := suite{}
	s.expect(t, dumpAll(t, db, false), minimalReport())
}

func useEstimate(t *testing.T, db store.Sink) {
	var read atomic.Int64
	ctx := requireAs[store.Estimator](t, db).Estimate(t.Context(), &read)
	if _, err := collect(db.Query(ctx, store.Query{Tests: []string{"a:1"}, Parents: true})); err != nil {
		t.Fatal(err)
	}
	if _, err := collect(db.Dump(ctx, store.DumpOptions{})); err != nil {
		t.Fatal(err)
	}
	if read.Load() < 0 {
		t.Errorf("%d bytes", read.Load())
	}
}

func useLoaded(t *testing.T, db store.Sink) {
	receipts := []store.Receipt{{ID: "a", Objects: 1}, {ID: "b", Failure: "no report"}, {ID: "c"}}
	if err := requireAs[store.Store](t, db).SaveReceipts(t.Context(), receipts); err != nil {
		t.Fatal(err)
	}
	loaded, err := requireAs[store.LoadedFinder](t, db).Loaded(t.Context(), []string{"a", "b", "c", "d"})
	slices.Sort(loaded)
	if want := []string{"a", "c"}; err != nil || !slices.Equal(loaded, want) {
		t.Errorf("loaded: %q, %v, want %q", loaded, err, want)
	}
}
