// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/all"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
)

const spoolEnv = "KCIDB_SPOOL"

// spoolOptions select the spool of a command: a spool of its own, or that of a database.
type spoolOptions struct {
	databaseOptions
	spool string
}

func (o *spoolOptions) addTo(p *program, cmd *cobra.Command) {
	o.databaseOptions.addTo(p, cmd)
	cmd.Flags().StringVar(&o.spool, "spool", "", "`SPEC` of the notifications, such as firestore:PROJECT (default $"+spoolEnv+", otherwise in the database)")
}

// withSpool opens the spool, calls f with it, and closes it.
func (o *spoolOptions) withSpool(ctx context.Context, f func(spool.Spool) error) (err error) {
	if spec := cmp.Or(o.spool, os.Getenv(spoolEnv)); spec != "" {
		s, err := all.Open(ctx, spec)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		return f(s)
	}
	return o.withDatabase(ctx, func(s store.Sink) error {
		notifications, ok := sqlspool.Of(s)
		if !ok {
			return errors.New("this kind of database keeps no notifications: use --spool")
		}
		return f(notifications)
	})
}
