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
		Short: "Count the objects again and replace the stored counts",
		Long: `Count all objects of a database again, and replace its roll-ups: the counts it
keeps for pages and queries. Use it if "kcidb db verify" finds differences, or if
an upgrade did not end. A service judges all revisions again afterwards.

Reading and loading go on meanwhile; loading waits at most until some builds are
counted. After an interruption a part is repaired, and the command can be run
again.`,
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
		return db.Rebuild(ctx, progress.update)
	})
}
