// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
)

func newTokenRevokeCommand(p *program) *cobra.Command {
	var o registryOptions
	cmd := &cobra.Command{
		Use:   "revoke {ID | TOKEN}...",
		Short: "Revoke tokens",
		Long: `Revoke tokens, by their IDs or their texts. All processes of the service refuse them
from the next request on. Tokens that were not made by this program can be revoked,
too. A token cannot be made valid again: make a new one.`,
		Example: `  kcidb token revoke --config /etc/kcidb.yaml 0123456789abcdef
  kcidb token revoke -d sqlite:kcidb-data/kcidb.db TOKEN`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withRegistry(cmd.Context(), func(db *registry.DB) error {
				return revokeTokens(cmd.Context(), p, db, args)
			})
		},
	}
	o.addTo(cmd)
	return cmd
}

func revokeTokens(ctx context.Context, p *program, db *registry.DB, args []string) error {
	for _, arg := range args {
		id := arg
		if !auth.IsID(arg) {
			if !auth.LooksLikeToken(arg) {
				return usagef("%q is neither the ID of a token, 16 hexadecimal digits, nor a token", arg)
			}
			id = auth.ID(arg)
		}
		if err := db.Revoke(ctx, registry.Token{Token: auth.Token{ID: id}}); err != nil {
			return err
		}
		fmt.Fprintf(p.stderr, "token %s is revoked\n", id)
	}
	return nil
}
