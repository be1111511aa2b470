// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/public"
)

type dbPublishOptions struct {
	database    databaseOptions
	to, private string
}

func newDBPublishCommand(p *program) *cobra.Command {
	o := dbPublishOptions{database: databaseOptions{orServed: true}}
	cmd := &cobra.Command{
		Use:   "publish --to PUBLIC --private ORIGINS",
		Short: "Make the public database of a service with private origins",
		Long: `Empty the database PUBLIC, and copy all objects of the database that -d names into
it but those of the private origins. A service with the key private_origins answers
readers without a token from that database. The service keeps it up to date, and needs
the command when private_origins changes, after a restore, and after anything but the
service loaded into its database.

Stop the service first: objects that it loads meanwhile would be missing. Receipts of
submissions are not copied, so that pages of earlier submissions need a token. PUBLIC is
created if it is a SQLite file; a database of PostgreSQL must exist.

After an interruption, run the command again: the service does not start before it is
done.

Exit status: 0 done; 1 failed; 2 wrong usage, or a kind of database without settings.`,
		Example: `  kcidb db publish --to sqlite:kcidb-data/public.db --private secretlab
  kcidb db publish -d 'postgresql:dbname=kcidb' --to 'postgresql:dbname=public' --private a,b`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBPublish(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	cmd.Flags().StringVar(&o.to, "to", "", "`SPEC` of the public database")
	mustCompleteSpecs(cmd, "to")
	cmd.Flags().StringVar(&o.private, "private", "", "`ORIGINS` that are private, with commas between them")
	return cmd
}

func runDBPublish(ctx context.Context, p *program, o *dbPublishOptions) error {
	private, err := public.Parse(o.private)
	switch from, specErr := o.database.resolve(); {
	case err != nil:
		return usagef("--private: %v", err)
	case specErr != nil:
		return specErr
	case o.to == "":
		return usagef("no public database is named: use --to")
	case o.to == from:
		return usagef("--to must not be the database itself, which would be emptied")
	case len(private) == 0:
		return usagef("no private origins are named: use --private")
	}
	return o.database.withDatabase(ctx, func(from store.Sink) (err error) {
		opened, err := all.Open(ctx, o.to)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, opened.Close()) }()
		whole, isStore := store.As[store.Store](from)
		to, toIsStore := store.As[store.Store](opened)
		if !isStore || !toIsStore {
			return fmt.Errorf("%w: private origins need databases that keep settings: use sqlite or postgresql", store.ErrUnsupported)
		}
		if err := to.Init(ctx, store.Version{}); err != nil && !errors.Is(err, store.ErrInitialized) {
			return err
		}
		progress := p.newProgress("objects copied", nil)
		defer progress.done()
		return public.Publish(ctx, whole, to, private, progress.add)
	})
}
