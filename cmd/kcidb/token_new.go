// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/web/pages/apply"
)

// maxTokenDays is the longest time for which a token is made.
const maxTokenDays = 3660

type tokenNewOptions struct {
	tokenOptions
	origins []string
	roles   string
	days    int
	note    string
	hs256   bool
}

func newTokenNewCommand(p *program) *cobra.Command {
	var o tokenNewOptions
	cmd := &cobra.Command{
		Use:   "new --origin ORIGIN[,...]",
		Short: "Make a token",
		Long: `Make a token for one or several origins, record it in the database, and print it.
It is signed by the first private key of the service.

The roles of a token are submit: submit reports whose objects have its origins;
issue: submit reports with issues and incidents only; read: read what is not
public; admin: everything.

With --hs256 the token is signed by the secret jwt_secret, as tokens for the Python
system's REST service are: it has one origin, and the roles submit and issue.`,
		Example: `  kcidb token new --config /etc/kcidb.yaml --origin maestro --note "Jane, lab 3"
  kcidb token new --config /etc/kcidb.yaml --origin maestro,maestro_staging --role submit,read --days 90
  kcidb token new --config /etc/kcidb.yaml --origin maestro --hs256`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.hs256 && cmd.Flags().Changed("role") {
				return usagef("--role: tokens of --hs256 have the roles submit and issue")
			}
			return runTokenNew(cmd.Context(), p, &o)
		},
	}
	o.addTo(cmd)
	cmd.Flags().StringSliceVar(&o.origins, "origin", nil, "`ORIGINS` that the token speaks for, with commas between them")
	cmd.Flags().StringVar(&o.roles, "role", string(auth.Submit), "`ROLES` of the token, some of "+auth.AllRoles.String())
	cmd.Flags().IntVar(&o.days, "days", apply.TokenDays, "the token expires after `N` days")
	cmd.Flags().StringVar(&o.note, "note", "", "`TEXT` that \"token list\" prints, such as the person who has the token")
	cmd.Flags().BoolVar(&o.hs256, "hs256", false, "sign by the secret jwt_secret")
	mustComplete(cmd, "role", strings.Split(auth.AllRoles.String(), ","))
	return cmd
}

// token returns the token to make.
func (o *tokenNewOptions) token(now time.Time) (auth.Token, error) {
	t := auth.Token{Origins: o.origins, Roles: auth.Roles{auth.Submit, auth.Issue}}
	if len(o.origins) == 0 {
		return t, usagef("--origin is missing")
	}
	for _, origin := range o.origins {
		if !auth.IsOrigin(origin) {
			return t, usagef("--origin: %q is not of lower-case letters, digits and _", origin)
		}
	}
	if o.hs256 && len(o.origins) > 1 {
		return t, usagef("--origin: a token of --hs256 has one origin")
	}
	var err error
	if !o.hs256 {
		if t.Roles, err = auth.ParseRoles(o.roles); err != nil {
			return t, usagef("--role: %v", err)
		}
	}
	if o.days < 1 || o.days > maxTokenDays {
		return t, usagef("--days must be from 1 to %d", maxTokenDays)
	}
	t.Expires = now.Add(time.Duration(o.days) * 24 * time.Hour).Truncate(time.Second)
	return t, nil
}

func runTokenNew(ctx context.Context, p *program, o *tokenNewOptions) error {
	now := time.Now()
	t, err := o.token(now)
	if err != nil {
		return err
	}
	checker, err := o.checker(ctx)
	if err != nil {
		return err
	}
	text, err := signToken(checker, t, o.hs256, now)
	if err != nil {
		return err
	}
	t.ID = auth.ID(text)
	err = o.withRegistry(ctx, func(db *registry.DB) error {
		return db.Record(ctx, registry.Token{Token: t, Note: o.note, Created: now})
	})
	if err != nil {
		return fmt.Errorf("the token was not recorded: %w", err)
	}
	fmt.Fprintf(p.stderr, "token %s\n", describeToken(t))
	_, err = fmt.Fprintln(p.stdout, text)
	return err
}

// signToken signs a token by the keys of a checker, or by its secret.
func signToken(c *auth.Checker, t auth.Token, hs256 bool, now time.Time) (string, error) {
	switch {
	case hs256 && c.Primary == nil:
		return "", errors.New("there is no secret to sign with: set jwt_secret_file in the configuration, or use --jwt-secret-file")
	case hs256:
		return auth.Sign(c.Primary(), t.Origin(), t.Expires)
	case c.Keys == nil:
		return "", errors.New("there is no key to sign with: make one by \"kcidb token key\", and set signing_key_file in the configuration, or use --signing-key-file")
	}
	return c.Keys().Sign(t, now)
}
