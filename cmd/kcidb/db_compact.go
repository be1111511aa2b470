// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

func newDBCompactCommand(p *program) *cobra.Command {
	var o databaseOptions
	cmd := &cobra.Command{
		Use:   "compact",
		Short: "Rewrite a BigQuery data set so that queries read less",
		Long: `Merge the rows that the loads of an object left in a BigQuery data set, so that
queries read less. The last two days are left out, because BigQuery does not let
new rows be changed. Objects stay the same, and loads and queries go on meanwhile.

Other databases merge objects when they are loaded, and need no compacting.`,
		Example: `  kcidb db compact -d bigquery:my-project.kcidb`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBCompact(cmd.Context(), p, &o)
		},
	}
	o.addTo(p, cmd)
	return cmd
}

func runDBCompact(ctx context.Context, p *program, o *databaseOptions) error {
	return o.withDatabase(ctx, func(s store.Sink) error {
		compacter, ok := store.As[store.Compacter](s)
		if !ok {
			return fmt.Errorf("%w: compact: only bigquery needs it", store.ErrUnsupported)
		}
		progress := p.newProgress("", nil)
		defer progress.done()
		return compacter.Compact(ctx, progress.update)
	})
}
