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

// loadObjects is how many objects go into one transaction, or twice as many:
// enough that its sync vanishes, few enough that memory stays small.
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
database, some thousands of objects at a time. An object that is there already
is merged: what the new one says counts, and what it does not say stays.

It ends at the first report that is not valid. What came before it is loaded
and stays; loading everything again does no harm.`,
		Example: `  kcidb db load -d sqlite:my.db < reports.json
  kcidb db dump -d sqlite:old.db | kcidb db load -d sqlite:new.db --with-metadata`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBLoad(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.in.addFlags(cmd)
	cmd.Flags().BoolVar(&o.metadata, "with-metadata", false, "keep the objects' _timestamp, instead of setting the present time; an object without one keeps what the database has")
	return cmd
}

func runDBLoad(ctx context.Context, p *program, o *dbLoadOptions) error {
	return o.database.with(ctx, func(s store.Sink) error {
		// Loading nothing tells whether the database can be loaded into, before
		// reports are read, or there is none to read.
		if _, err := s.Load(ctx, &report.Report{}, store.LoadOptions{}); err != nil {
			return fmt.Errorf("loading: %w", err)
		}
		progress := p.newProgress("objects loaded", nil)
		defer progress.done()
		for batch, err := range prefetch.Seq2(o.in.batches(p, loadObjects)) {
			if err != nil {
				return err
			}
			if _, err := s.Load(ctx, batch, store.LoadOptions{Metadata: o.metadata}); err != nil {
				return fmt.Errorf("loading: %w", err)
			}
			progress.add(batch.Count())
		}
		return nil
	})
}
