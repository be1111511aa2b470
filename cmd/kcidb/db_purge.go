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
		Short: "Remove objects that arrived before a time",
		Long: `Remove the objects that arrived in a database before a time, in ISO 8601, in the
local time zone unless it names a zone. Without a time nothing is removed, and
the exit status shows whether the database can purge.

The command purges in batches while loading goes on. After an interruption a part
is removed, and the command can be run again. PostgreSQL returns the space; a
SQLite file keeps it for objects that are loaded later.

Exit status: 0 done, or possible; 1 failed; 2 this kind of database cannot purge.`,
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
		"keep incidents, their issues, and the tests, builds and checkouts they belong to")
	return cmd
}

func runDBPurge(ctx context.Context, p *program, o *dbPurgeOptions) error {
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		progress := p.newProgress("", nil)
		defer progress.done()
		return s.Purge(ctx, store.PurgeOptions{
			Before: o.before.Time, KeepIncidents: o.keepIncidents, Progress: progress.update,
		})
	})
}
