// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/mux"
	"github.com/kcidb-go/kcidb/report"
)

// capable returns the capability T of a store that has to have it.
func capable[T any](t testing.TB, db store.Store) T {
	t.Helper()
	c, ok := store.As[T](db)
	if !ok {
		t.Fatalf("%T is no %T, although its driver declares so", db, new(T))
	}
	return c
}

// capability is what a store can do beside the contract of store.Store.
type capability struct {
	name     string // of the interface in package store
	declared func(Capabilities) bool
	found    func(store.Store) bool
	// writes: the capability writes, so that a wrapper does not get it from the
	// store within.
	writes bool
	// use uses it on a database with the objects of least.
	use func(*testing.T, store.Store)
}

// capabilities are all of them: a test holds the list to the interfaces of
// package store.
var capabilities = []capability{
	{"Receipts", func(c Capabilities) bool { return c.Receipts }, has[store.Receipts], true, useReceipts},
	{"RoleMaker", func(c Capabilities) bool { return c.Roles }, has[store.RoleMaker], true, nil},
	{"Objects", func(c Capabilities) bool { return c.Objects }, has[store.Objects], false, useObjects},
	{"Spooler", func(c Capabilities) bool { return c.Notes }, has[store.Spooler], false, useSpool},
	{"RollUpper", func(c Capabilities) bool { return c.Rollups }, has[store.RollUpper], false, useRollups},
	{"Overviewer", func(c Capabilities) bool { return c.Overview }, has[store.Overviewer], false, useOverview},
	{"Lagger", func(c Capabilities) bool { return c.Lag }, has[store.Lagger], false, useLag},
}

func has[T any](db store.Store) bool {
	_, ok := store.As[T](db)
	return ok
}

// capabilities finds in a store what its driver declares and nothing else, and
// uses it, also where mux wraps the store.
func (s suite) capabilities(t *testing.T) {
	for _, c := range capabilities {
		t.Run(c.name, func(t *testing.T) {
			db := s.ready(t)
			c.check(t, db, c.declared(s.can))
			if !c.writes {
				t.Run("mux", func(t *testing.T) { c.check(t, mux.Of(db), c.declared(s.can)) })
			}
		})
	}
	t.Run("mux/Receipts", func(t *testing.T) {
		db := mux.Of(s.ready(t))
		if _, ok := db.(store.Receipts); ok != s.can.Receipts {
			t.Errorf("keeps receipts: %t, want %t", ok, s.can.Receipts)
		}
	})
}

func (c *capability) check(t *testing.T, db store.Store, declared bool) {
	t.Helper()
	if found := c.found(db); found != declared {
		t.Fatalf("is a store.%s: %t, although its driver declares %t", c.name, found, declared)
	}
	if !declared || c.use == nil {
		return
	}
	mustLoad(t, db, least(), store.LoadOptions{})
	c.use(t, db)
}

func useReceipts(t *testing.T, db store.Store) {
	receipts := capable[store.Receipts](t, db)
	if err := receipts.SaveReceipts(t.Context(), []store.Receipt{{ID: "x", Failure: "no report"}}); err != nil {
		t.Fatal(err)
	}
	if got, err := receipts.Receipt(t.Context(), "x"); err != nil || got.Failure != "no report" {
		t.Errorf("got %v, %v", got, err)
	}
}

func useObjects(t *testing.T, db store.Store) {
	n := 0
	for set, err := range capable[store.Objects](t, db).Match(t.Context(), parse(t, ">*#"), store.MatchOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n += set.Report.Count()
	}
	if want := least().Count(); n != want {
		t.Errorf("%d objects, want %d", n, want)
	}
}

func useSpool(t *testing.T, db store.Store) {
	sp := capable[store.Spooler](t, db).Spool()
	if err := sp.Watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, db, numbered(1, 1), store.LoadOptions{Note: true})
	if backlog, err := sp.Backlog(t.Context()); err != nil || backlog.Batches == 0 {
		t.Errorf("the changes were not noted: %v, %v", backlog, err)
	}
}

func useRollups(t *testing.T, db store.Store) {
	if complete, err := capable[store.RollUpper](t, db).Rollups().Complete(t.Context()); err != nil || !complete {
		t.Errorf("complete: %t, %v", complete, err)
	}
	VerifyRollups(t, db)
}

func useLag(t *testing.T, db store.Store) {
	if behind, err := capable[store.Lagger](t, db).Lag(t.Context()); err != nil || behind != 0 {
		t.Errorf("%v behind, %v, although it is no replica", behind, err)
	}
}

func useOverview(t *testing.T, db store.Store) {
	o, err := capable[store.Overviewer](t, db).Overview(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	for list, keys := range keys(least()) {
		if o.Objects[list] != int64(len(keys)) {
			t.Errorf("%d %s, want %d", o.Objects[list], list, len(keys))
		}
	}
	if len(o.Latest) != 1 || o.Latest[0].ID != least().Checkouts[0].ID || o.Latest[0].Builds[report.Status("")] != 1 {
		t.Errorf("the latest checkouts are %v", o.Latest)
	}
}
