// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

// loadObjects is how many objects go into one transaction: enough that its
// sync vanishes, few enough that memory stays small.
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
database. An object that is there already is merged: what the new one says
counts, and what it does not say stays.

It ends at the first report that is not valid. What was loaded before it
stays; loading everything again does no harm.`,
		Example: `  kcidb db load -d sqlite:my.db < reports.json
  kcidb db dump -d sqlite:old.db | kcidb db load -d sqlite:new.db --with-metadata`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBLoad(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.in.addFlags(cmd)
	cmd.Flags().BoolVar(&o.metadata, "with-metadata", false, "keep the times objects were modified at, instead of setting the present one")
	return cmd
}

func runDBLoad(ctx context.Context, p *program, o *dbLoadOptions) error {
	return o.database.with(ctx, func(s store.Store) error {
		progress := p.newProgress("objects loaded")
		defer progress.done()
		for part, err := range o.in.parts(p, loadObjects) {
			if err != nil {
				return err
			}
			if _, err := s.Load(ctx, part, store.LoadOptions{Metadata: o.metadata}); err != nil {
				return fmt.Errorf("loading: %w", err)
			}
			progress.add(part.Count())
		}
		return nil
	})
}
