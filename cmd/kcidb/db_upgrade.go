// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

type dbUpgradeOptions struct {
	database databaseOptions
	schema   schemaVersion
}

func newDBUpgradeCommand(p *program) *cobra.Command {
	var o dbUpgradeOptions
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "Bring a database's schema up to date",
		Long: `Bring a database's schema up to the newest one, or to the one given, keeping
all that is in it. A database that has it already is left alone. An upgrade that
was interrupted goes on where it was. Of a PostgreSQL database, loading and
reading by the older program go on meanwhile.`,
		Example: `  kcidb db upgrade -d sqlite:my.db`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBUpgrade(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.schema.addFlag(cmd)
	return cmd
}

func runDBUpgrade(ctx context.Context, p *program, o *dbUpgradeOptions) error {
	return o.database.with(ctx, func(s store.Sink) error {
		progress := p.newProgress("", nil)
		defer progress.done()
		return s.Upgrade(ctx, store.Version(o.schema), progress.tell)
	})
}
