// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

func newDBEmptyCommand(p *program) *cobra.Command {
	var o databaseOptions
	cmd := &cobra.Command{
		Use:   "empty",
		Short: "Remove everything from a database, keeping its schema",
		Long: `Remove everything from a database, also the ledger. The schema, tokens and origins stay.
This cannot be undone.`,
		Example: `  kcidb db empty -d sqlite:my.db`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBEmpty(cmd.Context(), &o)
		},
	}
	o.addTo(p, cmd)
	return cmd
}

func runDBEmpty(ctx context.Context, o *databaseOptions) error {
	return o.withDatabase(ctx, func(s store.Sink) error { return s.Empty(ctx) })
}
