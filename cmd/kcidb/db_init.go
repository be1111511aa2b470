// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

type dbInitOptions struct {
	database          databaseOptions
	schema            schemaVersion
	ignoreInitialized bool
}

func newDBInitCommand(p *program) *cobra.Command {
	var o dbInitOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a database",
		Long:  `Make a database: its files, where it has any, and its schema.`,
		Example: `  kcidb db init -d sqlite:my.db
  kcidb db init -d sqlite:my.db --ignore-initialized`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBInit(cmd.Context(), &o)
		},
	}
	o.database.addTo(p, cmd)
	o.schema.addFlag(cmd)
	cmd.Flags().BoolVar(&o.ignoreInitialized, "ignore-initialized", false, "do nothing if the database has a schema already")
	return cmd
}

func runDBInit(ctx context.Context, o *dbInitOptions) error {
	return o.database.with(ctx, func(s store.Store) error {
		err := s.Init(ctx, store.Version(o.schema))
		if o.ignoreInitialized && errors.Is(err, store.ErrInitialized) {
			return nil
		}
		return err
	})
}
