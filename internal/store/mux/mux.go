// SPDX-License-Identifier: Apache-2.0

// Package mux keeps reports in several databases at once, such as one to
// answer from and an archive. It loads into all of them, and answers from the
// first.
//
// There is no transaction over several databases. The first is loaded into at
// last, so that what it has, receipts included, all others have. Where loading
// fails in one, loading the same again makes them equal.
package mux

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Driver returns the driver that opens several databases with the function
// given.
func Driver(open func(ctx context.Context, spec string) (store.Store, error)) store.Driver {
	return store.Driver{
		Name: "mux",
		Help: `
mux:SPEC SPEC ..., several databases: loads into all, and answers from the
first. Spaces and backslashes in a specification have a backslash before them.
Example: mux:sqlite:new.sqlite sqlite:name\ with\ spaces.sqlite
`,
		Open: func(ctx context.Context, params string) (store.Store, error) {
			specs, err := split(params)
			if err != nil {
				return nil, err
			}
			return openAll(ctx, specs, open)
		},
	}
}

func openAll(ctx context.Context, specs []string, open func(context.Context, string) (store.Store, error)) (store.Store, error) {
	var opened []store.Store
	for i, spec := range specs {
		one, err := open(ctx, spec)
		if err != nil {
			(&Store{opened}).Close()
			return nil, fmt.Errorf("mux: database %d: %w", i+1, err)
		}
		opened = append(opened, one)
	}
	return Of(opened...), nil
}

// Of returns several stores, one at least, as one.
func Of(stores ...store.Store) store.Store {
	s := &Store{stores}
	if first, ok := stores[0].(store.Receipts); ok {
		return &receipts{s, first}
	}
	return s
}

// Store is several stores. Its schemas are those of the first.
type Store struct{ stores []store.Store }

// each calls f with every store, until one fails, which the error names.
func (s *Store) each(f func(store.Store) error) error {
	for i, one := range s.stores {
		if err := f(one); err != nil {
			return fmt.Errorf("mux: database %d: %w", i+1, err)
		}
	}
	return nil
}

// eachBut is each, except that an error of all stores alike is returned, and
// that of some of them is none: they are where they should be already.
func (s *Store) eachBut(already error, f func(store.Store) error) error {
	failed := 0
	err := s.each(func(one store.Store) error {
		err := f(one)
		if errors.Is(err, already) {
			failed++
			return nil
		}
		return err
	})
	if err == nil && failed == len(s.stores) {
		return fmt.Errorf("mux: %w", already)
	}
	return err
}

// Close closes all stores.
func (s *Store) Close() error {
	var all []error
	for _, one := range s.stores {
		all = append(all, one.Close())
	}
	return errors.Join(all...)
}

// Initialized tells whether all databases have a schema.
func (s *Store) Initialized(ctx context.Context) (bool, error) {
	all := true
	err := s.each(func(one store.Store) error {
		is, err := one.Initialized(ctx)
		all = all && is
		return err
	})
	return all && err == nil, err
}

// Init makes the schema in the databases that have none. It returns
// ErrInitialized where all have one.
func (s *Store) Init(ctx context.Context, v store.Version) error {
	return s.eachBut(store.ErrInitialized, func(one store.Store) error { return one.Init(ctx, v) })
}

// Schemas returns the schemas of the first database.
func (s *Store) Schemas(ctx context.Context) ([]store.Schema, int, error) {
	return s.stores[0].Schemas(ctx)
}

// Upgrade upgrades all databases.
func (s *Store) Upgrade(ctx context.Context, v store.Version, progress store.Progress) error {
	return s.each(func(one store.Store) error { return one.Upgrade(ctx, v, progress) })
}

// Cleanup removes the schema from the databases that have one. It returns
// ErrNotInitialized where none has.
func (s *Store) Cleanup(ctx context.Context) error {
	return s.eachBut(store.ErrNotInitialized, func(one store.Store) error { return one.Cleanup(ctx) })
}

// Empty empties all databases.
func (s *Store) Empty(ctx context.Context) error {
	return s.each(func(one store.Store) error { return one.Empty(ctx) })
}

// Purge purges all databases, where all of them can.
func (s *Store) Purge(ctx context.Context, opts store.PurgeOptions) error {
	err := s.each(func(one store.Store) error { return one.Purge(ctx, store.PurgeOptions{}) })
	if err != nil || opts.Before.IsZero() {
		return err
	}
	return s.each(func(one store.Store) error { return one.Purge(ctx, opts) })
}

// Load loads into all databases, the first one at last, and returns what changed
// in it. The time of loading is the same in all of them.
func (s *Store) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	if opts.Arrival.IsZero() {
		var err error
		if opts.Arrival, err = s.next(ctx); err != nil {
			return nil, err
		}
	}
	for i := len(s.stores) - 1; i > 0; i-- {
		if err := follow(ctx, s.stores[i], r, opts); err != nil {
			return nil, fmt.Errorf("mux: database %d: %w", i+1, err)
		}
	}
	changes, err := s.stores[0].Load(ctx, r, opts)
	if err != nil {
		return nil, fmt.Errorf("mux: database 1: %w", err)
	}
	return changes, nil
}

// follow loads into a database that is not the first. Some of the submissions
// may be there already, from a load that failed in a later database. Changes are
// noted in the first only.
func follow(ctx context.Context, one store.Store, r *report.Report, opts store.LoadOptions) error {
	opts.Note = false
	_, err := one.Load(ctx, r, opts)
	if !errors.Is(err, store.ErrLoaded) {
		return err
	}
	receipts := opts.Receipts
	opts.Receipts = nil
	if _, err := one.Load(ctx, r, opts); err != nil {
		return err
	}
	return one.(store.Receipts).SaveReceipts(ctx, receipts)
}

// Unwrap returns the first database, which alone answers and notifies.
func (s *Store) Unwrap() store.Store { return s.stores[0] }

// Dump dumps the first database.
func (s *Store) Dump(ctx context.Context, opts store.DumpOptions) iter.Seq2[*report.Report, error] {
	return s.stores[0].Dump(ctx, opts)
}

// Query queries the first database.
func (s *Store) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return s.stores[0].Query(ctx, q)
}

// Time returns a time of the first database, and as Next the latest of all.
func (s *Store) Time(ctx context.Context, which store.Clock) (time.Time, error) {
	if which == store.Next {
		return s.next(ctx)
	}
	return s.stores[0].Time(ctx, which)
}

// next returns the time of objects that are loaded now.
func (s *Store) next(ctx context.Context) (next time.Time, err error) {
	err = s.each(func(one store.Store) error {
		t, err := one.Time(ctx, store.Next)
		if t.After(next) {
			next = t
		}
		return err
	})
	return next, err
}

// receipts is a Store whose first database keeps receipts. So do the others
// that can.
type receipts struct {
	*Store
	first store.Receipts
}

func (s *receipts) Receipt(ctx context.Context, id string) (store.Receipt, error) {
	return s.first.Receipt(ctx, id)
}

func (s *receipts) SaveReceipts(ctx context.Context, all []store.Receipt) error {
	return s.eachKeeper(func(one store.Receipts) error { return one.SaveReceipts(ctx, all) })
}

func (s *receipts) PurgeReceipts(ctx context.Context, before time.Time) error {
	return s.eachKeeper(func(one store.Receipts) error { return one.PurgeReceipts(ctx, before) })
}

func (s *receipts) eachKeeper(f func(store.Receipts) error) error {
	return s.each(func(one store.Store) error {
		if keeper, ok := one.(store.Receipts); ok {
			return f(keeper)
		}
		return nil
	})
}
