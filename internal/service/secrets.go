// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/secrets"
)

// sources are the secrets of the configuration. Those that are not set are nil.
type sources struct {
	keeper       *secrets.Keeper
	jwt, unified secret.Source
	signing      secret.Source
	queueToken   secret.Source
	smtpPassword secret.Source
}

// openSecrets reads the secrets that the roles of the process need.
func (c *Config) openSecrets(ctx context.Context, log *slog.Logger) (_ *sources, err error) {
	s := &sources{keeper: &secrets.Keeper{Log: log}}
	defer func() {
		if err != nil {
			s.keeper.Close()
		}
	}()
	r, err := c.roles()
	if err != nil {
		return nil, err
	}
	for _, key := range append(c.tokenSecrets(s),
		secretKey{"queue_token", c.QueueToken, "", &s.queueToken, c.QueueListen != ""},
		c.mailSecret(s, (r.notify || c.TasksAudience != "") && c.SMTP != ""),
	) {
		if err = s.open(ctx, key); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// secretKey is a key of the configuration for a secret.
type secretKey struct {
	name   string
	value  secret.Text
	file   string // value of the key NAME_file
	to     *secret.Source
	needed bool
}

// tokenSecrets are the keys for secrets that tokens are signed with.
func (c *Config) tokenSecrets(s *sources) []secretKey {
	return []secretKey{
		{"jwt_secret", c.JWTSecret, c.JWTSecretFile, &s.jwt, true},
		{"unified_secret", c.UnifiedSecret, c.UnifiedSecretFile, &s.unified, true},
		{"signing_key", c.SigningKey, c.SigningKeyFile, &s.signing, true},
	}
}

// mailSecret is the key for the password of the mail server.
func (c *Config) mailSecret(s *sources, needed bool) secretKey {
	return secretKey{"smtp_password", c.SMTPPassword, c.SMTPPasswordFile, &s.smtpPassword, needed}
}

// open reads the secret of a key, if it is needed.
func (s *sources) open(ctx context.Context, key secretKey) (err error) {
	if !key.needed {
		return nil
	}
	name, value := key.name, key.value
	if value == "" && key.file != "" {
		name, value = key.name+"_file", secret.Text("file:"+key.file)
	}
	*key.to, err = s.keeper.Open(ctx, name, value)
	return err
}

// checker returns the configured authentication, if it is complete.
func (c *Config) checker(s *sources, log *slog.Logger) (*auth.Checker, error) {
	r, err := c.roles()
	switch {
	case err != nil:
		return nil, err
	case s.jwt == nil && s.signing == nil && r.web && !c.AllowOpen && !loopback(c.Listen):
		return nil, fmt.Errorf("listening on %s without authentication allows anyone to submit: set jwt_secret (or KCIDB_JWT_SECRET) or signing_key, "+
			"listen on 127.0.0.1, or set allow_open if that is what you want", c.Listen)
	}
	return s.checker(log)
}

// checker returns the authentication by the secrets.
func (s *sources) checker(log *slog.Logger) (_ *auth.Checker, err error) {
	if s.jwt == nil && s.unified != nil {
		return nil, errors.New("unified_secret is a second secret: set jwt_secret, too")
	}
	checker := &auth.Checker{Primary: s.jwt, Unified: s.unified}
	if s.signing != nil {
		if checker.Keys, err = auth.KeysOf(s.signing, log); err != nil {
			return nil, fmt.Errorf("signing_key: %w", err)
		}
	}
	return checker, nil
}
