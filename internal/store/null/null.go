// SPDX-License-Identifier: Apache-2.0

// Package null keeps nothing: a sink to measure the rest of a system with, and to
// try a submitter against. It accepts every report and is always empty.
package null

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Driver opens sinks that keep nothing.
var Driver = store.Driver{
	Name: "null",
	Help: `
null, which takes everything and keeps nothing. It has no parameters.
`,
	Open: func(_ context.Context, params store.Spec) (store.Sink, error) {
		if params() != "" {
			return nil, errors.New("null: it has no parameters: the specification is null")
		}
		return sink{}, nil
	},
}

// schema is the only schema.
var schema = store.Schema{Version: store.Version{Major: 1}, Report: report.Latest()}

// sink keeps nothing. It always has its schema.
type sink struct{}

// Close does nothing.
func (sink) Close() error { return nil }

// Initialized returns true.
func (sink) Initialized(context.Context) (bool, error) { return true, nil }

// Init returns ErrInitialized.
func (sink) Init(context.Context, store.Version) error {
	return fmt.Errorf("null: init: %w", store.ErrInitialized)
}

// Schemas returns the only schema.
func (sink) Schemas(context.Context) ([]store.Schema, int, error) {
	return []store.Schema{schema}, 0, nil
}

// Upgrade does nothing.
func (sink) Upgrade(_ context.Context, v store.Version, _ store.Progress) error {
	if v != (store.Version{}) && v != schema.Version {
		return fmt.Errorf("null: upgrade: %w: %d.%d", store.ErrUnknownSchema, v.Major, v.Minor)
	}
	return nil
}

// Cleanup does nothing.
func (sink) Cleanup(context.Context) error { return nil }

// Empty does nothing.
func (sink) Empty(context.Context) error { return nil }

// Purge does nothing.
func (sink) Purge(context.Context, store.PurgeOptions) error { return nil }

// Load forgets the report: it creates and changes no object.
func (sink) Load(ctx context.Context, _ *report.Report, _ store.LoadOptions) (*store.Changes, error) {
	return &store.Changes{}, ctx.Err()
}

// Dump returns no reports.
func (sink) Dump(context.Context, store.DumpOptions) iter.Seq2[*report.Report, error] {
	return func(func(*report.Report, error) bool) {}
}

// Query returns no reports.
func (sink) Query(context.Context, store.Query) iter.Seq2[*report.Report, error] {
	return func(func(*report.Report, error) bool) {}
}

// Time returns the current time, and the zero time as the time of modifications.
func (sink) Time(_ context.Context, which store.Clock) (time.Time, error) {
	switch which {
	case store.Current, store.Next:
		return time.Now().UTC().Truncate(time.Microsecond), nil
	case store.FirstModified, store.LastModified:
		return time.Time{}, nil
	}
	return time.Time{}, fmt.Errorf("null: time: no such time: %q", which)
}
