// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/store"
)

type rawOptions struct {
	database  databaseOptions
	artifacts artifactOptions
}

func newRawCommand(p *program) *cobra.Command {
	o := rawOptions{database: databaseOptions{orServed: true}}
	cmd := &cobra.Command{
		Use:   "raw ID",
		Short: "Write a submission as it was received",
		Long: `Write the bytes of the submission with the given ID, as the service received them.
The receipt of the submission, in the database, has their digest; the artifact store
keeps the bytes for as long as the service is configured to keep them.

Exit status: 0 the bytes were written; 1 the submission or its bytes are not there,
or are damaged.`,
		Example: `  kcidb raw -d sqlite:kcidb-data/kcidb.db --artifacts folder:kcidb-data/artifacts ID`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRaw(cmd.Context(), p, &o, args[0])
		},
		ValidArgsFunction: completeNothing,
	}
	o.database.addTo(p, cmd)
	o.artifacts.addTo(p, cmd)
	return cmd
}

func runRaw(ctx context.Context, p *program, o *rawOptions, id string) error {
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		st, err := storeOf(s)
		if err != nil {
			return err
		}
		receipt, err := st.Receipt(ctx, id)
		if err != nil {
			return err
		}
		if receipt.Digest == "" {
			return fmt.Errorf("submission %s: its receipt has no digest, because it is older than the artifact store", id)
		}
		return o.artifacts.withArtifacts(ctx, func(a *artifact.Store) error {
			raw, err := a.Get(ctx, receipt.Digest)
			if err != nil {
				return fmt.Errorf("submission %s: %w", id, err)
			}
			defer raw.Close()
			_, err = io.Copy(p.stdout, raw)
			return err
		})
	})
}
