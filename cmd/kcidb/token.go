// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/store/all"
)

func newTokenCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, list and revoke the tokens of submitters and readers",
		Long: `Make the tokens by which CI systems submit reports and clients read private results,
list them, and revoke them. The keys and the database are those of a service: the
commands read its configuration file and environment variables, and flags override
both.`,
		Example: `  kcidb token key /etc/kcidb.key
  kcidb token new --config /etc/kcidb.yaml --origin maestro --days 365
  kcidb token list --config /etc/kcidb.yaml
  kcidb token revoke --config /etc/kcidb.yaml ID`,
	}
	cmd.AddCommand(newTokenKeyCommand(p), newTokenNewCommand(p), newTokenListCommand(p), newTokenShowCommand(p), newTokenRevokeCommand(p))
	return cmd
}

// registryOptions select the registry of a service.
type registryOptions struct {
	config   string
	database string
}

func (o *registryOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.config, "config", "", "configuration `FILE` of the service, YAML")
	cmd.Flags().StringVarP(&o.database, "database", "d", "", "`SPEC` of the database (default that of the configuration)")
	mustCompleteSpecs(cmd, "database")
}

// load returns the configuration of the service, with the flags.
func (o *registryOptions) load() (service.Config, error) {
	cfg, err := service.LoadConfig(o.config, os.LookupEnv)
	if err == nil && o.database != "" {
		cfg.Database = secret.Text(o.database)
	}
	return cfg, err
}

// withRegistry opens the registry of the service, calls f with it, and closes it.
func (o *registryOptions) withRegistry(ctx context.Context, f func(*registry.DB) error) (err error) {
	cfg, err := o.load()
	if err != nil {
		return err
	}
	s, err := all.Open(ctx, cfg.DatabaseSpec())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if db := registry.Of(s); db != nil {
		return f(db)
	}
	return errors.New("this kind of database keeps no tokens and origins: use SQLite or PostgreSQL")
}

// tokenOptions select the keys and the registry of a service.
type tokenOptions struct {
	registryOptions
	signingKey string
	jwtSecret  string
}

func (o *tokenOptions) addTo(cmd *cobra.Command) {
	o.registryOptions.addTo(cmd)
	cmd.Flags().StringVar(&o.signingKey, "signing-key-file", "", "`FILE` with the keys of tokens (default that of the configuration)")
	cmd.Flags().StringVar(&o.jwtSecret, "jwt-secret-file", "", "`FILE` with the secret of tokens signed by HS256 (default that of the configuration)")
}

// checker returns the check of tokens that the service does, without revocations.
func (o *tokenOptions) checker(ctx context.Context) (*auth.Checker, error) {
	cfg, err := o.load()
	if err != nil {
		return nil, err
	}
	if o.signingKey != "" {
		cfg.SigningKey, cfg.SigningKeyFile = "", o.signingKey
	}
	if o.jwtSecret != "" {
		cfg.JWTSecret, cfg.JWTSecretFile = "", o.jwtSecret
	}
	return cfg.Signers(ctx, slog.Default())
}

// describeToken returns the properties of a token as words.
func describeToken(t auth.Token) string {
	return fmt.Sprintf("%s of %s, with the roles %s, until %s", t.ID, strings.Join(t.Origins, ","), t.Roles, dayOf(t.Expires))
}

// dayOf returns a time for people, "-" for no time.
func dayOf(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}
