// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

type submissionsTrayOptions struct {
	database databaseOptions
	origins  []string
	json     bool
	limit    int
}

func newSubmissionsTrayCommand(p *program) *cobra.Command {
	var o submissionsTrayOptions
	cmd := &cobra.Command{
		Use:   "tray [SUBMISSION LIST INDEX]",
		Short: "List rejected objects, or write one",
		Long: `List the objects that wait in the tray, the last received first, with their faults.
The submission, the list and the index identify an object. With these arguments
the command writes a report with this object alone, as it was submitted: to edit
it, and to replay it.`,
		Example: `  kcidb submissions tray --origin redhat
  kcidb submissions tray ID tests 3 > fixed.json`,
		Args:              placeArgs(0),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSubmissionsTray(cmd.Context(), p, &o, args)
		},
	}
	o.database.orServed = true
	o.database.addTo(p, cmd)
	cmd.Flags().StringSliceVar(&o.origins, "origin", nil, "only objects that this `ORIGIN` submitted; may be repeated")
	cmd.Flags().BoolVar(&o.json, "json", false, "write a JSON object per line")
	cmd.Flags().IntVar(&o.limit, "limit", 100, "list at most `N`")
	return cmd
}

// placeArgs accepts the place of an object, or so many arguments.
func placeArgs(or int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case or:
			return nil
		case 3:
			_, err := placeOf(args)
			return err
		}
		return usagef("the place of an object has three parts: SUBMISSION LIST INDEX")
	}
}

// placeOf returns the place of an object in arguments.
func placeOf(args []string) (tray.Place, error) {
	n, err := strconv.Atoi(args[2])
	if err != nil || n < 0 {
		return tray.Place{}, usagef("INDEX: %q is no place in a list", args[2])
	}
	return tray.Place{Submission: args[0], List: args[1], Place: n}, nil
}

func runSubmissionsTray(ctx context.Context, p *program, o *submissionsTrayOptions, args []string) error {
	return o.database.withTray(ctx, func(_ store.Store, kept *tray.Tray) error {
		if len(args) > 0 {
			at, err := placeOf(args)
			if err != nil {
				return err
			}
			row, err := kept.Get(ctx, at)
			if err == nil {
				_, err = fmt.Fprintf(p.stdout, "%s\n", row.Document)
			}
			return err
		}
		rows, err := kept.Find(ctx, tray.Question{Origins: o.origins, State: tray.Waiting, Most: o.limit})
		for i := range rows {
			if err := o.show(p.stdout, &rows[i]); err != nil {
				return err
			}
		}
		return err
	})
}

// show prints an object that waits.
func (o *submissionsTrayOptions) show(w io.Writer, r *tray.Row) error {
	if !o.json {
		showRejected(w, r)
		return nil
	}
	return json.NewEncoder(w).Encode(struct {
		Submission string         `json:"submission"`
		List       string         `json:"list"`
		Index      int            `json:"index"`
		ID         string         `json:"id,omitempty"`
		Origin     string         `json:"origin,omitempty"`
		Received   time.Time      `json:"received"`
		Faults     []report.Fault `json:"faults"`
	}{r.Submission, r.List, r.Place, r.ID, r.Origin, r.Received, r.Faults})
}

func newSubmissionsDropCommand(p *program) *cobra.Command {
	var o databaseOptions
	cmd := &cobra.Command{
		Use:   "drop SUBMISSION [LIST INDEX]",
		Short: "Give up rejected objects",
		Long: `Give up an object that waits in the tray, or all objects of a submission that wait.
They are kept until their receipt is removed, but are no longer listed as waiting.`,
		Example: `  kcidb submissions drop ID tests 3
  kcidb submissions drop ID`,
		Args:              placeArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.withTray(cmd.Context(), func(_ store.Store, kept *tray.Tray) error {
				places, err := waitingPlaces(cmd.Context(), kept, args)
				if err != nil {
					return err
				}
				return kept.Settle(cmd.Context(), tray.Dropped, "", places...)
			})
		},
	}
	o.addTo(p, cmd)
	return cmd
}

// waitingPlaces returns the place in the arguments, or the places of all objects of a
// submission that wait.
func waitingPlaces(ctx context.Context, kept *tray.Tray, args []string) (places []tray.Place, err error) {
	if len(args) == 3 {
		at, err := placeOf(args)
		return []tray.Place{at}, err
	}
	rows, err := kept.Find(ctx, tray.Question{Submission: args[0], State: tray.Waiting, Most: report.MaxRejected})
	if err == nil && len(rows) == 0 {
		err = fmt.Errorf("%w: no object of the submission %s waits", tray.ErrNotFound, args[0])
	}
	for i := range rows {
		places = append(places, rows[i].At())
	}
	return places, err
}

type submissionsReplayOptions struct {
	database  databaseOptions
	artifacts artifactOptions
	fixed     string
}

func newSubmissionsReplayCommand(p *program) *cobra.Command {
	var o submissionsReplayOptions
	cmd := &cobra.Command{
		Use:   "replay SUBMISSION [LIST INDEX]",
		Short: "Load rejected objects",
		Long: `Load an object that waits in the tray, or all objects of a submission that wait: as
they were submitted, if this version of the program accepts them, or from a report
with the faults mended. The new receipt has the origin and the token of the
submission. Origins are not checked, because the administrator decides.

With --artifacts, the loaded reports are kept with the raw submissions of the service,
so that "kcidb replay" loads them too.

Exit status: 0 all were loaded; 1 some have faults.`,
		Example: `  kcidb submissions replay ID tests 3 --fixed fixed.json
  kcidb submissions replay ID`,
		Args:              placeArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSubmissionsReplay(cmd.Context(), p, &o, args)
		},
	}
	o.database.addTo(p, cmd)
	o.artifacts.addTo(p, cmd)
	cmd.Flags().StringVar(&o.fixed, "fixed", "", "load the report in this `FILE` in place of the object")
	return cmd
}

func runSubmissionsReplay(ctx context.Context, p *program, o *submissionsReplayOptions, args []string) error {
	var fixed []byte
	if o.fixed != "" {
		if len(args) != 3 {
			return usagef("--fixed needs LIST and INDEX of the object")
		}
		var err error
		if fixed, err = os.ReadFile(o.fixed); err != nil {
			return err
		}
	}
	replay := func(keep *raw.Store) error {
		return o.database.withTray(ctx, func(s store.Store, kept *tray.Tray) error {
			places, err := waitingPlaces(ctx, kept, args)
			if err != nil {
				return err
			}
			return replayRejected(ctx, p, rejectedLoader{s, kept, keep}, places, fixed)
		})
	}
	if o.artifacts.spec == "" {
		return replay(nil)
	}
	return o.artifacts.withArtifacts(ctx, func(a *artifact.Store) error {
		return replay(&raw.Store{Artifacts: a, Now: time.Now})
	})
}

// replayRejected loads the objects at places, and prints a line for each.
func replayRejected(ctx context.Context, p *program, l rejectedLoader, places []tray.Place, fixed []byte) error {
	faulty := 0
	for _, at := range places {
		id, err := l.load(ctx, at, fixed)
		if wrong, is := errors.AsType[*report.Error](err); is {
			faulty++
			fmt.Fprintf(p.stderr, "%s: %v\n", at, wrong)
			continue
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%s loaded as submission %s\n", at, id)
	}
	if faulty > 0 {
		return fmt.Errorf("%d objects have faults", faulty)
	}
	return nil
}

// rejectedLoader loads objects of a tray into its store.
type rejectedLoader struct {
	store store.Store
	tray  *tray.Tray
	raw   *raw.Store // keeps the reports; may be nil
}

// load loads an object that waits, from a fixed report if there is one, as a submission with
// the origin and the token of the first. It returns the ID of the new submission.
func (l rejectedLoader) load(ctx context.Context, at tray.Place, fixed []byte) (id string, err error) {
	row, err := l.tray.Get(ctx, at)
	if err != nil {
		return "", err
	}
	if row.State != tray.Waiting {
		return "", fmt.Errorf("%s is %s: it is not loaded again", at, row.State)
	}
	first, err := l.store.Receipt(ctx, at.Submission)
	if err != nil && !errors.Is(err, store.ErrNoReceipt) {
		return "", err
	}
	if fixed == nil {
		fixed = row.Document
	}
	sifted, err := report.Sift(ctx, fixed, report.SiftOptions{})
	if err != nil {
		return "", err
	}
	if wrong := sifted.Err(); wrong != nil {
		return "", wrong
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	receipt := store.Receipt{
		ID: arrival.NewID(), Origin: row.Origin, Token: first.Token, Received: now, Finished: now,
		Bytes: int64(len(fixed)), Digest: artifact.Digest(fixed),
	}
	receipt.Sifted(sifted)
	if l.raw != nil {
		err := l.raw.Keep(ctx, []raw.Received{{
			Submission: raw.Submission{
				ID: receipt.ID, Origin: receipt.Origin, Token: receipt.Token, Received: now, Digest: receipt.Digest, Bytes: len(fixed),
			},
			Data: fixed,
		}})
		if err != nil {
			return "", err
		}
	}
	sifted.Report.SetTimestamps(now)
	_, err = l.store.Load(ctx, sifted.Report, store.LoadOptions{
		Metadata: true, Note: true, Receipts: []store.Receipt{receipt}, Reports: []*report.Report{sifted.Report},
	})
	if err != nil {
		return "", err
	}
	// The load has settled the object, unless its ID was one of the faults.
	if err := l.tray.Settle(ctx, tray.Corrected, receipt.ID, at); err != nil && !errors.Is(err, tray.ErrNotFound) {
		return "", err
	}
	return receipt.ID, nil
}
