// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/registry"
)

func newOriginContactCommand() *cobra.Command {
	var o registryOptions
	var c registry.Contact
	cmd := &cobra.Command{
		Use:   "contact NAME",
		Short: "Set who learns that an origin is in trouble",
		Long: `Replace the contact of an origin: a mail address, the URL of a webhook, or both; without
either the origin has no contact any more. The service tells the contact if no
results of the origin arrive for much longer than usual, and if many more of its
objects are rejected than usual.`,
		Example: `  kcidb origin contact my_lab --mail ops@lab.example.org --config /etc/kcidb.yaml
  kcidb origin contact my_lab --hook https://lab.example.org/kcidb --config /etc/kcidb.yaml`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Origin = args[0]
			if err := checkContact(c); err != nil {
				return err
			}
			return o.withRegistry(cmd.Context(), func(db *registry.DB) error { return db.SetContact(cmd.Context(), c) })
		},
	}
	o.addTo(cmd)
	cmd.Flags().StringVar(&c.Mail, "mail", "", "`ADDRESS` of mails")
	cmd.Flags().StringVar(&c.Hook, "hook", "", "`URL` that messages are posted to as JSON")
	return cmd
}

// checkContact returns an error unless a contact can be told.
func checkContact(c registry.Contact) error {
	if !auth.IsOrigin(c.Origin) {
		return usagef("%q is not the name of an origin: lower-case letters, digits and _", c.Origin)
	}
	if c.Mail != "" {
		if _, err := mail.ParseAddress(c.Mail); err != nil {
			return fmt.Errorf("--mail: %w", err)
		}
	}
	if c.Hook != "" {
		if err := webhook.CheckURL(c.Hook); err != nil {
			return fmt.Errorf("--hook: %w", err)
		}
	}
	return nil
}
