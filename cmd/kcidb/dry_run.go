// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// addDryRun adds the flag --dry-run of a command that writes objects.
func addDryRun(cmd *cobra.Command, dry *bool) {
	cmd.Flags().BoolVar(dry, "dry-run", false, "write how many bytes BigQuery would read, and no objects; reads only keys")
}

// writeBytes writes how many bytes the database would read for reports, which are asked for
// with the context given.
func writeBytes(ctx context.Context, p *program, s store.Sink, reports func(context.Context) iter.Seq2[*report.Report, error]) error {
	estimator, ok := store.As[store.Estimator](s)
	if !ok {
		return fmt.Errorf("%w: --dry-run: only bigquery has a price by the bytes it reads", store.ErrUnsupported)
	}
	var read atomic.Int64
	for _, err := range reports(estimator.Estimate(ctx, &read)) {
		if err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(p.stdout, read.Load(), "bytes")
	return err
}
