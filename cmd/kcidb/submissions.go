// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

func newSubmissionsCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "submissions",
		Short: "Show what became of submissions, and handle rejected objects",
		Long: `Show what became of the submissions to a database, and handle the objects that were
not loaded because they have faults. These objects wait in the tray until the
submitter sends them without faults, or until an administrator replays or drops
them. They are removed with the receipts of their submissions.

PostgreSQL and SQLite have a tray; other databases do not.`,
		Example: `  kcidb submissions list --rejected
  kcidb submissions show ID
  kcidb submissions tray`,
	}
	cmd.AddCommand(newSubmissionsListCommand(p), newSubmissionsShowCommand(p), newSubmissionsTrayCommand(p),
		newSubmissionsReplayCommand(p), newSubmissionsDropCommand(p))
	return cmd
}

// withTray opens the database, and calls f with it and its tray.
func (o *databaseOptions) withTray(ctx context.Context, f func(store.Store, *tray.Tray) error) error {
	return o.withStore(ctx, func(s store.Store) error {
		kept := tray.Of(s)
		if kept == nil {
			return fmt.Errorf("this kind of database has no tray: use PostgreSQL or SQLite")
		}
		return f(s, kept)
	})
}

type submissionsListOptions struct {
	database         databaseOptions
	origins          []string
	failed, rejected bool
	limit            int
}

func newSubmissionsListCommand(p *program) *cobra.Command {
	var o submissionsListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List submissions, newest first",
		Long: `List submissions that were loaded or given up, the last first, one per line: the
ID, when the submission was finished, its origin ("-" if it has no origin), its
state, the number of objects loaded, and the number of objects rejected.`,
		Example: `  kcidb submissions list
  kcidb submissions list --origin redhat --rejected`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSubmissionsList(cmd.Context(), p, &o)
		},
	}
	o.database.orServed = true
	o.database.addTo(p, cmd)
	cmd.Flags().StringSliceVar(&o.origins, "origin", nil, "only submissions of this `ORIGIN`; may be repeated")
	cmd.Flags().BoolVar(&o.failed, "failed", false, "only submissions that were given up")
	cmd.Flags().BoolVar(&o.rejected, "rejected", false, "only submissions with rejected objects")
	cmd.Flags().IntVar(&o.limit, "limit", 100, "list at most `N`")
	return cmd
}

func runSubmissionsList(ctx context.Context, p *program, o *submissionsListOptions) error {
	q := tray.Submissions{Origins: o.origins, Rejected: o.rejected, Most: o.limit}
	if o.failed {
		q.Failed = new(true)
	}
	return o.database.withTray(ctx, func(_ store.Store, kept *tray.Tray) error {
		all, err := kept.Receipts(ctx, q)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprint(out, "SUBMISSION\tFINISHED\tORIGIN\tSTATE\tLOADED\tREJECTED\n")
		for i := range all {
			r := &all[i]
			state, loaded := "loaded", r.Objects
			if r.Failure != "" {
				state, loaded = "given up", 0
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%d\n", r.ID, second(r.Finished), cmp.Or(r.Origin, "-"), state, loaded, r.Rejected)
		}
		return out.Flush()
	})
}

func second(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func newSubmissionsShowCommand(p *program) *cobra.Command {
	var o databaseOptions
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show what became of a submission",
		Long: `Show the receipt of a submission: its objects that were new, merged into objects of
the database, or unchanged; the repairs that were made; and its rejected objects
with their faults.`,
		Example:           `  kcidb submissions show ID`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withTray(cmd.Context(), func(s store.Store, kept *tray.Tray) error {
				receipt, err := s.Receipt(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				rejected, err := kept.Find(cmd.Context(), tray.Question{Submission: args[0], Most: report.MaxRejected})
				if err != nil {
					return err
				}
				showReceipt(p.stdout, &receipt)
				for i := range rejected {
					showRejected(p.stdout, &rejected[i])
				}
				return nil
			})
		},
	}
	o.orServed = true
	o.addTo(p, cmd)
	return cmd
}

func showReceipt(w io.Writer, r *store.Receipt) {
	state := "loaded"
	if r.Failure != "" {
		state = "given up: " + oneLine(r.Failure)
	}
	fmt.Fprintf(w, "submission %s: %s\n", r.ID, state)
	fmt.Fprintf(w, "received %s, finished %s, from %s", second(r.Received), second(r.Finished), cmp.Or(r.Origin, "no origin"))
	if r.Token != "" {
		fmt.Fprintf(w, " with the token %s", r.Token)
	}
	fmt.Fprintf(w, ", %d bytes\n", r.Bytes)
	if latest := report.Latest().String(); r.Version != "" && r.Version != latest {
		fmt.Fprintf(w, "upgraded from version %s to %s\n", r.Version, latest)
	}
	for _, l := range r.Details.Loaded {
		fmt.Fprintf(w, "%s %s: %d\n", l.List, l.Effect, l.Count)
		for _, id := range l.IDs {
			fmt.Fprintf(w, "  %q\n", id)
		}
		if more := l.Count - len(l.IDs); more > 0 {
			fmt.Fprintf(w, "  and %d more\n", more)
		}
	}
	for _, repair := range r.Details.Repairs {
		fmt.Fprintf(w, "repaired: %s\n", repair)
	}
	if r.Details.MoreRepairs > 0 {
		fmt.Fprintf(w, "and %d more repairs\n", r.Details.MoreRepairs)
	}
}

// showRejected prints an object of the tray with its faults, which are safe to print.
func showRejected(w io.Writer, r *tray.Row) {
	state := string(r.State)
	if r.SettledBy != "" {
		state += " by " + r.SettledBy
	}
	fmt.Fprintf(w, "rejected: %s %q, %s\n", r.At(), r.ID, state)
	for _, fault := range r.Faults {
		fmt.Fprintf(w, "  %s\n", strings.TrimSpace(fault.String()))
	}
}
