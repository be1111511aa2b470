// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/cmd/kcidb/internal/replay"
	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
	"github.com/kcidb-go/kcidb/internal/store"
)

type replayOptions struct {
	database     databaseOptions
	artifacts    artifactOptions
	after, until timestamp
}

func newReplayCommand(p *program) *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Load raw submissions into a database again",
		Long: `Load the raw submissions of an artifact store into a database, as the service loaded
them: with the times at which they were received, the origins of their tokens, and
receipts. So a database that was lost is rebuilt from the artifact store alone, if
the store has all submissions. The database has to be initialized.

Submissions that the database has loaded before are skipped, so an interrupted
replay is continued by the next one. No notifications are sent for the loads.
A raw submission that is damaged or gone is named, and the others are loaded.

Exit status: 0 done; 1 failed, or submissions are damaged or gone.`,
		Example: `  kcidb db init -d sqlite:new.db
  kcidb replay -d sqlite:new.db --artifacts folder:kcidb-data/artifacts
  kcidb replay -d sqlite:new.db --artifacts s3://kcidb/artifacts --after 2026-11-01`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runReplay(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.artifacts.addTo(p, cmd)
	cmd.Flags().Var(&o.after, "after", "load submissions that were received after `TIME`")
	cmd.Flags().Var(&o.until, "until", "load submissions that were received at `TIME` or before")
	return cmd
}

func runReplay(ctx context.Context, p *program, o *replayOptions) error {
	return o.artifacts.withArtifacts(ctx, func(a *artifact.Store) error {
		return o.database.withDatabase(ctx, func(s store.Sink) error {
			st, err := storeOf(s)
			if err != nil {
				return err
			}
			if _, err := st.Time(ctx, store.LastModified); err != nil {
				return err
			}
			progress := p.newProgress("submissions loaded", nil)
			done, err := replay.Run(ctx, replay.Options{
				Raw: &raw.Store{Artifacts: a, Now: time.Now}, Store: st, Log: logLevel(slog.LevelError).logger(p.stderr),
				After: o.after.Time, Until: o.until.Time, Replayed: progress.add,
				Lost: func(err error) { fmt.Fprintln(p.stdout, err) },
			})
			progress.done()
			if err == nil && done.Lost > 0 {
				err = fmt.Errorf("%d submissions or indexes are damaged or gone", done.Lost)
			}
			if err != nil {
				return fmt.Errorf("%d submissions were loaded, %d had been loaded before: %w", done.Loaded, done.Known, err)
			}
			_, err = fmt.Fprintf(p.stdout, "%d submissions were loaded, %d had been loaded before, %d are no valid reports.\n", done.Loaded, done.Known, done.Refused)
			return err
		})
	})
}
