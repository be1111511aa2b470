// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

type dbCleanupOptions struct {
	database             databaseOptions
	ignoreNotInitialized bool
	ignoreNotFound       bool
}

func newDBCleanupCommand(p *program) *cobra.Command {
	var o dbCleanupOptions
	cmd := &cobra.Command{
		Use:     "cleanup",
		Short:   "Remove a database with everything in it",
		Long:    `Remove a database's schema with everything in it. This cannot be undone.`,
		Example: `  kcidb db cleanup -d sqlite:my.db`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBCleanup(cmd.Context(), &o)
		},
	}
	o.database.addTo(p, cmd)
	cmd.Flags().BoolVar(&o.ignoreNotInitialized, "ignore-not-initialized", false, "do nothing if the database has no schema")
	cmd.Flags().BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "do nothing if the database does not exist")
	return cmd
}

func runDBCleanup(ctx context.Context, o *dbCleanupOptions) error {
	err := o.database.withDatabase(ctx, func(s store.Sink) error { return s.Cleanup(ctx) })
	if o.ignoreNotInitialized && errors.Is(err, store.ErrNotInitialized) ||
		o.ignoreNotFound && errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
