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
		Short: "Upgrade a database's schema",
		Long: `Upgrade a database's schema to the newest version, or to a given version, keeping
all objects. A database that already has the version stays as it is. An
interrupted upgrade continues where it stopped. With PostgreSQL, older programs
can load and read meanwhile.`,
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
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		progress := p.newProgress("", nil)
		defer progress.done()
		return s.Upgrade(ctx, store.Version(o.schema), progress.update)
	})
}
