// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

type dbPurgeOptions struct {
	database      databaseOptions
	before        timestamp
	keepIncidents bool
}

func newDBPurgeCommand(p *program) *cobra.Command {
	var o dbPurgeOptions
	cmd := &cobra.Command{
		Use:   "purge [BEFORE]",
		Short: "Remove what arrived before a time",
		Long: `Remove what arrived in a database before the time given, in ISO 8601; the local
time zone is meant where it names none. Without a time nothing is removed, and
the exit status tells whether the database can do it.

It is purged in batches, while loading goes on; interrupted, it has removed a
part, and can be run again. PostgreSQL gives the space back; in a SQLite file
what is loaded later takes it.

Exit status: 0 it was done, or can be; 1 it failed; 2 this kind of database
cannot purge.`,
		Example: `  kcidb db purge -d sqlite:my.db 2025-01-01
  kcidb db purge -d sqlite:my.db 2025-01-01 --keep-incidents
  kcidb db purge -d sqlite:my.db && echo "it can"`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				if err := o.before.Set(args[0]); err != nil {
					return usagef("BEFORE: %v", err)
				}
			}
			return runDBPurge(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	cmd.Flags().BoolVar(&o.keepIncidents, "keep-incidents", false,
		"keep incidents, their issues, and the tests, builds and checkouts they are tied to")
	return cmd
}

func runDBPurge(ctx context.Context, p *program, o *dbPurgeOptions) error {
	return o.database.with(ctx, func(s store.Sink) error {
		progress := p.newProgress("", nil)
		defer progress.done()
		return s.Purge(ctx, store.PurgeOptions{
			Before: o.before.Time, KeepIncidents: o.keepIncidents, Progress: progress.tell,
		})
	})
}
