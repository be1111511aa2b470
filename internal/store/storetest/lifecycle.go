// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/report"
)

// lifecycle takes a database through all its states, twice.
func (s suite) lifecycle(t *testing.T) {
	db := s.open(t)
	ctx := t.Context()
	is := func(want bool) {
		t.Helper()
		if got, err := db.Initialized(ctx); err != nil || got != want {
			t.Fatalf("Initialized() = %t, %v, want %t", got, err, want)
		}
	}
	is(s.can.Initialized)
	for range 2 {
		if s.can.Initialized {
			break
		}
		if err := db.Init(ctx, store.Version{Major: 9999}); !errors.Is(err, store.ErrUnknownSchema) {
			t.Errorf("Init of an unknown schema: %v", err)
		}
		is(false)
		if err := db.Init(ctx, store.Version{}); err != nil {
			t.Fatal(err)
		}
		is(true)
		mustLoad(t, db, conformance.Dataset(t), store.LoadOptions{})
		if err := db.Cleanup(ctx); err != nil {
			t.Fatal(err)
		}
		is(false)
		if err := db.Cleanup(ctx); !errors.Is(err, store.ErrNotInitialized) {
			t.Errorf("Cleanup of a clean database: %v", err)
		}
		if err := db.Upgrade(ctx, store.Version{}, nil); !errors.Is(err, store.ErrNotInitialized) {
			t.Errorf("Upgrade of a clean database: %v", err)
		}
		if all, current, err := db.Schemas(ctx); err != nil || len(all) == 0 || current != -1 {
			t.Errorf("Schemas of a clean database: %d, %v", current, err)
		}
	}

	db = s.ready(t)
	is(true)
	all, current, err := db.Schemas(ctx)
	if err != nil || current != len(all)-1 {
		t.Errorf("Schemas() = %v, %d, %v, want the newest", all, current, err)
	}
	for i, schema := range all {
		if i > 0 && schema.Report.Compare(all[i-1].Report) < 0 {
			t.Errorf("schema %v keeps older reports than the schema before it", schema)
		}
	}
	if v := all[len(all)-1].Report; v != report.Latest() {
		t.Errorf("the newest schema keeps reports of version %v: end the name of the migration that adds the properties of %v with _v%v",
			v, report.Latest(), report.Latest())
	}
	if err := db.Init(ctx, store.Version{}); !errors.Is(err, store.ErrInitialized) {
		t.Errorf("Init of an initialized database: %v", err)
	}
	if err := db.Upgrade(ctx, store.Version{}, nil); err != nil {
		t.Errorf("Upgrade to the schema that is there: %v", err)
	}
	mustLoad(t, db, conformance.Dataset(t), store.LoadOptions{})
	if err := db.Empty(ctx); err != nil {
		t.Fatal(err)
	}
	is(true)
	s.expect(t, dumpAll(t, db, false), &report.Report{})
	if s.can.Permanent {
		if err := db.Cleanup(ctx); err != nil {
			t.Error(err)
		}
		is(true)
	}
}

// upgrade goes from the oldest schema to the newest, a step at a time.
func (s suite) upgrade(t *testing.T) {
	db := s.open(t)
	ctx := t.Context()
	all, _, err := db.Schemas(ctx)
	if errors.Is(err, store.ErrNotFound) { // it is there once it has a schema
		if err = db.Init(ctx, store.Version{}); err == nil {
			if all, _, err = db.Schemas(ctx); err == nil {
				err = db.Cleanup(ctx)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Init(ctx, all[0].Version); err != nil {
		t.Fatal(err)
	}
	for i, schema := range all {
		if err := db.Upgrade(ctx, schema.Version, nil); err != nil {
			t.Fatalf("to %v: %v", schema.Version, err)
		}
		if _, current, err := db.Schemas(ctx); err != nil || current != i {
			t.Fatalf("after the upgrade to %v: schema %d, %v, want %d", schema.Version, current, err, i)
		}
		_, err := db.Load(ctx, conformance.Dataset(t), store.LoadOptions{})
		if i < len(all)-1 && !errors.Is(err, store.ErrOldSchema) || i == len(all)-1 && err != nil {
			t.Errorf("Load with schema %v: %v", schema.Version, err)
		}
	}
	if err := db.Upgrade(ctx, all[0].Version, nil); !errors.Is(err, store.ErrUnknownSchema) {
		t.Errorf("Upgrade back: %v", err)
	}
	s.expect(t, dumpAll(t, db, false), conformance.Dataset(t))
}

// errors calls every method that needs a schema on a database without a schema.
func (s suite) errors(t *testing.T) {
	if s.can.Initialized {
		t.Skip("the driver's databases always have a schema")
	}
	db := s.open(t)
	ctx := t.Context()
	_, load := db.Load(ctx, &report.Report{}, store.LoadOptions{})
	_, dump := collect(db.Dump(ctx, store.DumpOptions{}))
	_, query := collect(db.Query(ctx, store.Query{Tests: []string{"a:1"}}))
	_, clock := db.Time(ctx, store.Current)
	failures := map[string]error{
		"Load": load, "Dump": dump, "Query": query, "Time": clock, "Empty": db.Empty(ctx), "Cleanup": db.Cleanup(ctx),
	}
	if db, ok := store.As[store.Store](db); ok {
		for _, err := range db.Match(ctx, nil, store.MatchOptions{}) {
			failures["Match"] = err
		}
		for _, err := range db.Outcomes(ctx, nil) {
			failures["Outcomes"] = err
		}
		if s.can.SQL {
			_, failures["Tally"] = answers.Of(db).Tally(ctx, nil)
		}
		_, failures["Previous"] = db.Previous(ctx, store.Like{}, 1)
		if failures["Match"] == nil || failures["Outcomes"] == nil {
			t.Error("objects are looked for without a schema")
		}
	}
	for name, err := range failures {
		if !errors.Is(err, store.ErrNotInitialized) && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s without a schema: %v", name, err)
		}
	}
}
