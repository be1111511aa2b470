// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/archive"
	"github.com/kcidb-go/kcidb/internal/diff"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
)

type dbArchiveOptions struct {
	database        databaseOptions
	to              string
	window, overlap period
	after, until    timestamp
	verify, verbose bool
}

func newDBArchiveCommand(p *program) *cobra.Command {
	o := dbArchiveOptions{database: databaseOptions{orServed: true}, window: period(24 * time.Hour), overlap: period(24 * time.Hour)}
	cmd := &cobra.Command{
		Use:   "archive --to SPEC",
		Short: "Copy what is new in a database into another",
		Long: `Copy the objects of the database that -d names into another database, one window
of arrival time after the other, and keep their times. The other database has to
be initialized, of any kind that keeps objects, and filled by nothing else.

Each run copies what arrived since the run before, up to an hour ago. It begins
with the window that has the newest object of the target, and --overlap earlier,
because submissions may be loaded late. An interrupted run is continued by the
next; copying an object again changes nothing. Objects that are removed from the
source stay in the target.

With --verify each window is compared after it was copied, as "kcidb diff" does. An
object that differs, or that only the source has, is printed and ends the command.
Objects that got new values meanwhile are left to the window that they moved to.

Progress is shown on a terminal only; otherwise the command prints nothing unless it
fails, or --verbose is given.

Exit status: 0 done, also if there was nothing to copy; 1 failed, or a window
differs; 2 wrong usage.`,
		Example: `  kcidb db archive -d sqlite:my.db --to sqlite:archive.db
  kcidb db archive --to 'postgresql:dbname=archive' --verify
  kcidb db archive -d sqlite:my.db --to sqlite:archive.db --after 2025-01-01 --window 7d`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBArchive(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	cmd.Flags().StringVar(&o.to, "to", "", "`SPEC` of the database to copy into")
	mustCompleteSpecs(cmd, "to")
	cmd.Flags().Var(&o.window, "window", "length of a window, at least a minute: `PERIOD` such as 6h or 7d")
	cmd.Flags().Var(&o.overlap, "overlap", "`PERIOD` before the newest object of the target that is copied again")
	cmd.Flags().Var(&o.after, "after", "copy what arrived after `TIME`, also if it was copied before")
	cmd.Flags().Var(&o.until, "until", "copy what arrived at `TIME` or before (default an hour ago)")
	cmd.Flags().BoolVar(&o.verify, "verify", false, "compare each window after it was copied")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "print each window with its number of objects")
	return cmd
}

func runDBArchive(ctx context.Context, p *program, o *dbArchiveOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	return o.database.withDatabase(ctx, func(from store.Sink) (err error) {
		to, err := all.Open(ctx, o.to)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, to.Close()) }()
		progress := p.newProgress("objects copied", nil)
		defer progress.done()
		out := diffPrinter{w: p.stdout, most: maxDifferences}
		err = archive.Run(ctx, archive.Options{
			From: from, To: to,
			Window: time.Duration(o.window), Overlap: time.Duration(o.overlap),
			After: o.after.Time, Until: o.until.Time, Verify: o.verify,
			Copied: progress.add,
			Finished: func(w archive.Window) {
				if o.verbose {
					fmt.Fprintf(p.stdout, "%v: %d objects\n", w, w.Objects)
				}
			},
			Differs: func(d *diff.Difference) error { return out.print(d) },
		})
		switch {
		case errors.Is(err, archive.ErrFuture):
			return fmt.Errorf("%w; name the time to begin after by --after", err)
		case out.lines > 0:
			return fmt.Errorf("%w; A is the source, B is the target", err)
		}
		return err
	})
}

// check returns the error of a wrong command line.
func (o *dbArchiveOptions) check() error {
	from, err := o.database.resolve()
	if err != nil {
		return err
	}
	driver, _, _ := strings.Cut(o.to, ":")
	switch {
	case o.to == "":
		return usagef("no target is named: use --to")
	case o.to == from:
		return usagef("the source and the target are the same database")
	case driver == "json" || driver == "null":
		return usagef("the target would keep nothing: %s is no database to copy into", driver)
	case o.window < period(time.Minute):
		return usagef("a window has at least a minute")
	case o.overlap < 0:
		return usagef("an overlap cannot be negative")
	}
	return nil
}

// period is the value of flags for a length of time: as Go writes it, or a number of days,
// such as 7d.
type period time.Duration

func (v *period) Type() string { return "PERIOD" }

func (v *period) String() string {
	const day = period(24 * time.Hour)
	if *v%day == 0 {
		return fmt.Sprintf("%dd", *v/day)
	}
	return time.Duration(*v).String()
}

func (v *period) Set(text string) error {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return errors.New("not a number of days, such as 7d")
		}
		*v = period(n) * period(24*time.Hour)
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("not a period, such as 6h or 7d")
	}
	*v = period(d)
	return nil
}
