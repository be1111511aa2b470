// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

func newDBSchemasCommand(p *program) *cobra.Command {
	o := databaseOptions{orServed: true}
	cmd := &cobra.Command{
		Use:   "schemas",
		Short: "List the schemas that a database can have",
		Long: `List the schemas that a database can have, oldest first: the version of each, a
colon, and the version of the reports it keeps. An asterisk marks the schema of
the database.`,
		Example: `  kcidb db schemas -d sqlite:my.db`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBSchemas(cmd.Context(), p, &o)
		},
	}
	o.addTo(p, cmd)
	return cmd
}

func runDBSchemas(ctx context.Context, p *program, o *databaseOptions) error {
	return o.withDatabase(ctx, func(s store.Sink) error {
		schemas, current, err := s.Schemas(ctx)
		if err != nil {
			return err
		}
		for i, schema := range schemas {
			mark := ' '
			if i == current {
				mark = '*'
			}
			_, err := fmt.Fprintf(p.stdout, "%c%d.%d: %s\n", mark, schema.Version.Major, schema.Version.Minor, schema.Report)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
