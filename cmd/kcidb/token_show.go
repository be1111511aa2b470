// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
)

func newTokenShowCommand(p *program) *cobra.Command {
	var o tokenOptions
	cmd := &cobra.Command{
		Use:   "show TOKEN",
		Short: "Explain a token",
		Long: `Print the ID of a token, its origins, its roles, when it expires, and whether the
service accepts it.

Exit status: 0 the service accepts the token; 1 it refuses the token.`,
		Example:           `  kcidb token show --config /etc/kcidb.yaml TOKEN`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTokenShow(cmd.Context(), p, &o, args[0])
		},
	}
	o.addTo(cmd)
	return cmd
}

func runTokenShow(ctx context.Context, p *program, o *tokenOptions, text string) error {
	checker, err := o.checker(ctx)
	if err != nil {
		return err
	}
	if !checker.Enabled() {
		return fmt.Errorf("no secret and no key of the service is known: use --config, --signing-key-file or --jwt-secret-file")
	}
	t, err := checker.Verify(text)
	if err != nil {
		return fmt.Errorf("the service refuses the token %s: %w", auth.ID(text), err)
	}
	return o.withRegistry(ctx, func(db *registry.DB) error {
		known, _, err := db.Token(ctx, t.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "ID\t%s\norigins\t%s\nroles\t%s\nexpires\t%s\n", t.ID, strings.Join(t.Origins, ","), t.Roles, dayOf(t.Expires))
		if known.Note != "" {
			fmt.Fprintf(p.stdout, "note\t%s\n", oneLine(known.Note))
		}
		if !known.Revoked.IsZero() {
			fmt.Fprintf(p.stdout, "revoked\t%s\n", dayOf(known.Revoked))
			return fmt.Errorf("the service refuses the token %s: it was revoked", t.ID)
		}
		return nil
	})
}
