// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/registry"
)

func newTokenListCommand(p *program) *cobra.Command {
	var o registryOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens",
		Long: `List the tokens that were made or revoked, the oldest first, one per line: the ID,
the origins, the roles, when the token was made, when it expires, when it was
revoked, and the note, separated by tabs. "-" stands for a missing value. Tokens
that were made elsewhere are listed once they are revoked.`,
		Example: `  kcidb token list --config /etc/kcidb.yaml
  kcidb token list -d sqlite:kcidb-data/kcidb.db`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withRegistry(cmd.Context(), func(db *registry.DB) error { return listTokens(cmd.Context(), p, db) })
		},
	}
	o.addTo(cmd)
	return cmd
}

func listTokens(ctx context.Context, p *program, db *registry.DB) error {
	all, err := db.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		_, err := fmt.Fprintf(p.stdout, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, orDash(strings.Join(t.Origins, ",")), orDash(t.Roles.String()),
			dayOf(t.Created), dayOf(t.Expires), dayOf(t.Revoked), orDash(oneLine(t.Note)))
		if err != nil {
			return err
		}
	}
	return nil
}

// orDash returns a text, or "-" for none.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
