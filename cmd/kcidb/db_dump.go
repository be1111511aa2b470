// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

type dbDumpOptions struct {
	database        databaseOptions
	out             reportsOptions
	after, until    timestamp
	withoutMetadata bool
	dryRun          bool
}

func newDBDumpCommand(p *program) *cobra.Command {
	o := dbDumpOptions{database: databaseOptions{orServed: true}}
	cmd := &cobra.Command{
		Use:   "dump",
		Short: "Write all objects in a database",
		Long: `Write all objects in a database to standard output, or only those that arrived
after one time and not after another. Times are in ISO 8601, in the local time
zone unless they name a zone. Objects whose rows are damaged are left out and
listed at the end; the exit status is then 1.`,
		Example: `  kcidb db dump -d sqlite:my.db > all.json
  kcidb db dump -d sqlite:my.db -o 10000 --indent 0 --after 2025-07-01`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBDump(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.out.addFlags(cmd)
	addDryRun(cmd, &o.dryRun)
	cmd.Flags().BoolVar(&o.withoutMetadata, "without-metadata", false, "leave out the objects' times of modification")
	cmd.Flags().Var(&o.after, "after", "only objects that arrived after `TIME`")
	cmd.Flags().Var(&o.until, "until", "only objects that arrived at `TIME` or before")
	return cmd
}

func runDBDump(ctx context.Context, p *program, o *dbDumpOptions) error {
	opts := store.DumpOptions{
		After:     o.after.Time,
		Until:     o.until.Time,
		Metadata:  !o.withoutMetadata,
		PerReport: int(o.out.perReport),
	}
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		dump := func(ctx context.Context) iter.Seq2[*report.Report, error] { return s.Dump(ctx, opts) }
		if o.dryRun {
			return writeBytes(ctx, p, s, dump)
		}
		return o.out.write(p, dump(ctx))
	})
}
