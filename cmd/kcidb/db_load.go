// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/prefetch"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// loadObjects is the number of objects in a transaction; a transaction may
// have up to twice as many. It is large enough that the cost of syncing
// vanishes, and small enough that memory stays small.
const loadObjects = 8192

type dbLoadOptions struct {
	database databaseOptions
	in       inputOptions
	metadata bool
}

func newDBLoadCommand(p *program) *cobra.Command {
	var o dbLoadOptions
	cmd := &cobra.Command{
		Use:   "load",
		Short: "Load reports into a database",
		Long: `Load the reports on standard input, of any version of the schema, into a
database, some thousands of objects at a time. An object that is already in the
database is merged: the new values replace the old ones, and values that the new
object lacks stay.

The command stops at the first invalid report. The reports before it stay
loaded; loading everything again does no harm.`,
		Example: `  kcidb db load -d sqlite:my.db < reports.json
  kcidb db dump -d sqlite:old.db | kcidb db load -d sqlite:new.db --with-metadata`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBLoad(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.in.addFlags(cmd)
	cmd.Flags().BoolVar(&o.metadata, "with-metadata", false, "keep the objects' _timestamp instead of setting the current time; an object without a _timestamp keeps the one in the database")
	return cmd
}

func runDBLoad(ctx context.Context, p *program, o *dbLoadOptions) error {
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		// Loading an empty report fails if the database cannot be loaded into.
		// It is tried before reports are read, and also if there is no report.
		if _, err := s.Load(ctx, &report.Report{}, store.LoadOptions{}); err != nil {
			return fmt.Errorf("loading: %w", err)
		}
		objects := loadObjects
		if bulk, ok := store.As[store.Bulker](s); ok {
			objects = bulk.BulkSize()
		}
		progress := p.newProgress("objects loaded", nil)
		defer progress.done()
		for batch, err := range prefetch.Seq2(o.in.batches(p, objects)) {
			if err != nil {
				return err
			}
			if _, err := s.Load(ctx, batch, store.LoadOptions{Metadata: o.metadata, Bulk: true}); err != nil {
				return fmt.Errorf("loading: %w", err)
			}
			progress.add(batch.Count())
		}
		return nil
	})
}
