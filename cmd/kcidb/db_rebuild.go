// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

func newDBRebuildCommand(p *program) *cobra.Command {
	var o databaseOptions
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make anew what a database has counted",
		Long: `Count all objects of a database anew, and put that in place of the counts it
keeps for pages and queries, its roll-ups. It is for what "kcidb db verify"
finds, and for an upgrade that did not end.

Reading goes on meanwhile, and so does loading, which waits for some builds to
be counted at most. Interrupted, it has mended a part, and can be run again.`,
		Example: `  kcidb db rebuild -d sqlite:my.db`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBRebuild(cmd.Context(), p, &o)
		},
	}
	o.addTo(p, cmd)
	return cmd
}

func runDBRebuild(ctx context.Context, p *program, o *databaseOptions) error {
	return o.withRollups(ctx, func(db *rollup.DB) error {
		progress := p.newProgress("", nil)
		defer progress.done()
		return db.Rebuild(ctx, progress.tell)
	})
}
