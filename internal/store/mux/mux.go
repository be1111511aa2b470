// SPDX-License-Identifier: Apache-2.0

// Package mux keeps reports in several databases at once, such as one to answer
// from and an archive. It loads into all of them, and answers from the first.
//
// No transaction spans the databases. Load takes the first database last, so that all
// others have what the first has, receipts included. If loading fails in one
// database, loading the same report again makes the databases equal.
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

// Driver returns the driver that opens several databases with the function given.
func Driver(open func(ctx context.Context, spec store.Spec) (store.Sink, error)) store.Driver {
	return store.Driver{
		Name: "mux",
		Help: `
mux:SPEC SPEC ..., several databases: loads into all, and answers from the
first. Spaces and backslashes in a specification have a backslash before them.
Example: mux:sqlite:new.sqlite sqlite:name\ with\ spaces.sqlite
`,
		Open: func(ctx context.Context, params store.Spec) (store.Sink, error) {
			first, err := split(params())
			if err != nil {
				return nil, err
			}
			var specs []store.Spec
			for i := range first {
				specs = append(specs, func() string {
					if now, err := split(params()); err == nil && len(now) == len(first) {
						return now[i]
					}
					return first[i]
				})
			}
			return openAll(ctx, specs, open)
		},
	}
}

func openAll(ctx context.Context, specs []store.Spec, open func(context.Context, store.Spec) (store.Sink, error)) (store.Sink, error) {
	var opened []store.Sink
	for i, spec := range specs {
		db, err := open(ctx, spec)
		if err != nil {
			(&sinks{opened}).Close()
			return nil, fmt.Errorf("mux: database %d: %w", i+1, err)
		}
		opened = append(opened, db)
	}
	return Of(opened...), nil
}

// Of returns one or more databases as one. It is a store.Store if the first is.
func Of(databases ...store.Sink) store.Sink {
	s := &sinks{databases}
	if first, ok := store.As[store.Store](databases[0]); ok {
		return &stores{s, first}
	}
	return s
}

// sinks are several databases. Their schemas are those of the first.
type sinks struct{ all []store.Sink }

// each calls f with every database until one call fails. The error names that
// database.
func (s *sinks) each(f func(store.Sink) error) error {
	for i, db := range s.all {
		if err := f(db); err != nil {
			return fmt.Errorf("mux: database %d: %w", i+1, err)
		}
	}
	return nil
}

// eachUnlessDone is each for an f that returns done if a database is already in the
// state that f leads to. It returns done only if all databases were in that state.
func (s *sinks) eachUnlessDone(done error, f func(store.Sink) error) error {
	n := 0
	err := s.each(func(db store.Sink) error {
		err := f(db)
		if errors.Is(err, done) {
			n++
			return nil
		}
		return err
	})
	if err == nil && n == len(s.all) {
		return fmt.Errorf("mux: %w", done)
	}
	return err
}

// Close closes all databases.
func (s *sinks) Close() error {
	var all []error
	for _, db := range s.all {
		all = append(all, db.Close())
	}
	return errors.Join(all...)
}

// Initialized reports whether all databases have a schema.
func (s *sinks) Initialized(ctx context.Context) (bool, error) {
	all := true
	err := s.each(func(db store.Sink) error {
		is, err := db.Initialized(ctx)
		all = all && is
		return err
	})
	return all && err == nil, err
}

// Init creates the schema in the databases that have none. It returns
// ErrInitialized if all have a schema.
func (s *sinks) Init(ctx context.Context, v store.Version) error {
	return s.eachUnlessDone(store.ErrInitialized, func(db store.Sink) error { return db.Init(ctx, v) })
}

// Schemas returns the schemas of the first database.
func (s *sinks) Schemas(ctx context.Context) ([]store.Schema, int, error) {
	return s.all[0].Schemas(ctx)
}

// Upgrade upgrades all databases.
func (s *sinks) Upgrade(ctx context.Context, v store.Version, progress store.Progress) error {
	return s.each(func(db store.Sink) error { return db.Upgrade(ctx, v, progress) })
}

// Cleanup removes the schema from the databases that have one. It returns
// ErrNotInitialized if none has a schema.
func (s *sinks) Cleanup(ctx context.Context) error {
	return s.eachUnlessDone(store.ErrNotInitialized, func(db store.Sink) error { return db.Cleanup(ctx) })
}

// Empty empties all databases.
func (s *sinks) Empty(ctx context.Context) error {
	return s.each(func(db store.Sink) error { return db.Empty(ctx) })
}

// Purge purges all databases, or none if one of them cannot purge.
func (s *sinks) Purge(ctx context.Context, opts store.PurgeOptions) error {
	err := s.each(func(db store.Sink) error { return db.Purge(ctx, store.PurgeOptions{}) })
	if err != nil || opts.Before.IsZero() {
		return err
	}
	return s.each(func(db store.Sink) error { return db.Purge(ctx, opts) })
}

// Load loads into all databases, the first one last, and returns what changed in
// the first. The time of loading is the same in all of them.
func (s *sinks) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	if opts.Arrival.IsZero() {
		var err error
		if opts.Arrival, err = s.next(ctx); err != nil {
			return nil, err
		}
	}
	for i := len(s.all) - 1; i > 0; i-- {
		if err := loadFollower(ctx, s.all[i], r, opts); err != nil {
			return nil, fmt.Errorf("mux: database %d: %w", i+1, err)
		}
	}
	changes, err := s.all[0].Load(ctx, r, opts)
	if err != nil {
		return nil, fmt.Errorf("mux: database 1: %w", err)
	}
	return changes, nil
}

// loadFollower loads into a database that is not the first. Some of the submissions may be
// there already, from a load that failed in a later database. Only the first database
// notes changes.
func loadFollower(ctx context.Context, db store.Sink, r *report.Report, opts store.LoadOptions) error {
	opts.Note = false
	_, err := db.Load(ctx, r, opts)
	keeper, ok := store.As[store.Store](db)
	if !ok || !errors.Is(err, store.ErrLoaded) {
		return err
	}
	receipts := opts.Receipts
	opts.Receipts, opts.Reports, opts.Rejected = nil, nil, nil
	if _, err := db.Load(ctx, r, opts); err != nil {
		return err
	}
	return keeper.SaveReceipts(ctx, receipts)
}

// Unwrap returns the first database, which alone answers and notifies.
func (s *sinks) Unwrap() store.Sink { return s.all[0] }

// Dump dumps the first database.
func (s *sinks) Dump(ctx context.Context, opts store.DumpOptions) iter.Seq2[*report.Report, error] {
	return s.all[0].Dump(ctx, opts)
}

// Query queries the first database.
func (s *sinks) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	return s.all[0].Query(ctx, q)
}

// Time returns a time of the first database; as Next it returns the latest Next of
// all databases.
func (s *sinks) Time(ctx context.Context, which store.Clock) (time.Time, error) {
	if which == store.Next {
		return s.next(ctx)
	}
	return s.all[0].Time(ctx, which)
}

// next returns the time of objects that are loaded now.
func (s *sinks) next(ctx context.Context) (next time.Time, err error) {
	err = s.each(func(db store.Sink) error {
		t, err := db.Time(ctx, store.Next)
		if t.After(next) {
			next = t
		}
		return err
	})
	return next, err
}

// stores are several databases. The first is a store.Store and answers.
type stores struct {
	*sinks
	store.Reader
}

// SaveReceipts keeps receipts in all databases that are stores.
func (s *stores) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	return s.eachStore(func(db store.Store) error { return db.SaveReceipts(ctx, receipts) })
}

// PurgeReceipts removes old receipts from all databases that are stores.
func (s *stores) PurgeReceipts(ctx context.Context, before time.Time) error {
	return s.eachStore(func(db store.Store) error { return db.PurgeReceipts(ctx, before) })
}

func (s *stores) eachStore(f func(store.Store) error) error {
	return s.each(func(db store.Sink) error {
		if full, ok := store.As[store.Store](db); ok {
			return f(full)
		}
		return nil
	})
}
