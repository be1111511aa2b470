// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"log/slog"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/secrets"
)

// Signers returns the check of tokens that a service with the configuration does, without
// revocations. Commands that make tokens sign them by its secret and its keys. It reads no
// other secrets.
func (c *Config) Signers(ctx context.Context, log *slog.Logger) (_ *auth.Checker, err error) {
	s := &sources{keeper: &secrets.Keeper{Log: log}}
	defer func() { err = errors.Join(err, s.keeper.Close()) }()
	for _, key := range c.tokenSecrets(s) {
		if err := s.open(ctx, key); err != nil {
			return nil, err
		}
	}
	return s.checker(log)
}

// DatabaseSpec returns the specification of the database.
func (c *Config) DatabaseSpec() string {
	if c.Database == "" {
		return "sqlite:" + c.databaseFile()
	}
	return string(c.Database)
}
