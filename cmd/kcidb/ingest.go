// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

type ingestOptions struct {
	database databaseOptions
	folder   folderOptions
	mail     mailOptions
	in       inputOptions
}

func newIngestCommand(p *program) *cobra.Command {
	var o ingestOptions
	cmd := &cobra.Command{
		Use:   "ingest",
		Short: "Load reports, and write the e-mails they trigger",
		Long: `Load the reports on standard input into a database, one after the other. After
each report, write the e-mails that the subscriptions have for the changed objects
and their ancestors, each followed by a NUL character. Nothing is sent, and waits
and budgets are ignored: the command shows the e-mails that a report triggers. If
a subscription has a problem, the problem is printed and nothing is loaded.

Without -d the database is in memory and is lost when the command ends. A database
without a schema gets the schema.`,
		Example: `  kcidb ingest --subscriptions ./subscriptions < report.json
  kcidb ingest -d sqlite:my.db < report.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runIngest(cmd.Context(), p, &o)
		},
	}
	o.database.fallback = "sqlite::memory:"
	o.database.addTo(p, cmd)
	o.folder.addTo(cmd)
	o.mail.addTo(cmd)
	o.in.addFlags(cmd)
	return cmd
}

func runIngest(ctx context.Context, p *program, o *ingestOptions) error {
	folder, err := o.folder.loadGood(p)
	if err != nil {
		return err
	}
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		objects, err := storeOf(s)
		if err != nil {
			return err
		}
		if err := s.Init(ctx, store.Version{}); err != nil && !errors.Is(err, store.ErrInitialized) {
			return err
		}
		maker, err := makerOf(p, objects, folder, &o.mail)
		if err != nil {
			return err
		}
		for in, err := range o.in.reports(p) {
			if err != nil {
				return err
			}
			if folder == nil {
				return errNoFolder
			}
			r, err := report.Decode(in.text)
			if err != nil {
				return in.wrap(err)
			}
			changes, err := s.Load(ctx, r, store.LoadOptions{})
			if err != nil {
				return fmt.Errorf("loading: %w", err)
			}
			if err := writeMails(p, maker.OfChanges(ctx, changes.Objects)); err != nil {
				return err
			}
		}
		return nil
	})
}
