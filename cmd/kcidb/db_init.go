// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

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
		Short: "Create a database",
		Long: `Create a database: its files, if it has files, and its schema.

In an existing PostgreSQL database, the user becomes the owner of the schema. The
command creates the roles kcidb_editor (loads, purges and reads) and kcidb_viewer
(reads) and grants them the privileges they need. If the user may not create
roles, it prints the statements for a user who may; run the command again after
them, with --ignore-initialized.`,
		Example: `  kcidb db init -d sqlite:my.db
  kcidb db init -d sqlite:my.db --ignore-initialized
  kcidb db init -d 'postgresql:host=/run/postgresql dbname=kcidb'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBInit(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.schema.addFlag(cmd)
	cmd.Flags().BoolVar(&o.ignoreInitialized, "ignore-initialized", false, "do nothing if the database already has a schema")
	return cmd
}

func runDBInit(ctx context.Context, p *program, o *dbInitOptions) error {
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		err := s.Init(ctx, store.Version(o.schema))
		if err != nil && !(o.ignoreInitialized && errors.Is(err, store.ErrInitialized)) {
			return err
		}
		maker, ok := s.(store.RoleMaker)
		if !ok || o.schema != (schemaVersion{}) {
			return nil
		}
		return makeRoles(ctx, p, maker)
	})
}

// makeRoles creates the roles of a database, or prints the statements with
// which an administrator can create them.
func makeRoles(ctx context.Context, p *program, s store.RoleMaker) error {
	left, err := s.MakeRoles(ctx)
	if err != nil || len(left) == 0 {
		return err
	}
	fmt.Fprintln(p.stderr, `The user may not create roles. A user who may has to run the statements below; then
"kcidb db init --ignore-initialized" grants the roles their privileges.`)
	for _, statement := range left {
		if _, err := fmt.Fprintln(p.stdout, statement+";"); err != nil {
			return err
		}
	}
	return nil
}
