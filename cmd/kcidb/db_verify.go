// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// maxDifferences is the number of differences that are printed.
const maxDifferences = 100

type dbVerifyOptions struct {
	database databaseOptions
	sample   percent
}

func newDBVerifyCommand(p *program) *cobra.Command {
	o := dbVerifyOptions{database: databaseOptions{orServed: true}, sample: 100}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the stored counts against the objects",
		Long: fmt.Sprintf(`Count all objects of a database again, and compare the result with its roll-ups:
the counts it keeps for pages and queries. Counts that differ are printed, one per
line, up to the first %d; "kcidb db rebuild" repairs them.

With --sample only a random part is counted: less work, for every day.

Loading and reading go on meanwhile; the counts are those of one moment.

Exit status: 0 the counts are right; 1 some counts are wrong, or the command
failed.`, maxDifferences),
		Example: `  kcidb db verify -d sqlite:my.db
  kcidb db verify -d sqlite:my.db --sample 5`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDBVerify(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	cmd.Flags().Var(&o.sample, "sample", "count about `PERCENT` of the objects")
	return cmd
}

func runDBVerify(ctx context.Context, p *program, o *dbVerifyOptions) error {
	return o.database.withRollups(ctx, func(db *rollup.DB) error {
		switch complete, err := db.Complete(ctx); {
		case err != nil:
			return err
		case !complete:
			return errors.New("the roll-ups do not count all objects, because the upgrade that creates them did not end: run kcidb db rebuild")
		}
		var checked tally
		var found []rollup.Difference
		n := 0
		progress := p.newProgress("", nil)
		err := db.Verify(ctx, rollup.VerifyOptions{
			Sample: float64(o.sample) / 100, Progress: progress.update, Checked: checked.add,
		}, func(d rollup.Difference) {
			if n++; n <= maxDifferences {
				found = append(found, d)
			}
		})
		progress.done()
		for _, d := range found {
			fmt.Fprintln(p.stdout, d)
		}
		if n > len(found) {
			fmt.Fprintf(p.stdout, "and %d more\n", n-len(found))
		}
		if err != nil {
			return err
		}
		in := ""
		if o.sample < 100 {
			in = fmt.Sprintf(" in a sample of %v%%", &o.sample)
		}
		switch {
		case n > 0:
			differ := "counts differ"
			if n == 1 {
				differ = "count differs"
			}
			return fmt.Errorf("the roll-ups do not match the objects%s (%s); %d %s: run kcidb db rebuild", in, &checked, n, differ)
		case len(checked.names) == 0:
			_, err = fmt.Fprintf(p.stdout, "There are no objects to count%s.\n", in)
		default:
			_, err = fmt.Fprintf(p.stdout, "The roll-ups match the objects%s: %s.\n", in, &checked)
		}
		return err
	})
}

// withRollups calls f with the roll-ups of the database.
func (o *databaseOptions) withRollups(ctx context.Context, f func(*rollup.DB) error) error {
	return o.withDatabase(ctx, func(s store.Sink) error {
		counts := rollup.Of(s)
		if counts == nil {
			return errors.New("this kind of database keeps no roll-ups")
		}
		return f(counts)
	})
}

// tally counts things by name, and keeps the names in the order of their first
// count.
type tally struct {
	names []string
	count map[string]int
}

func (t *tally) add(name string, n int) {
	if t.count == nil {
		t.count = make(map[string]int)
	}
	if _, ok := t.count[name]; !ok {
		t.names = append(t.names, name)
	}
	t.count[name] += n
}

func (t *tally) String() string {
	var parts []string
	for _, name := range t.names {
		n := t.count[name]
		if n == 1 {
			name = strings.TrimSuffix(name, "s")
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, name))
	}
	return strings.Join(parts, ", ")
}

// percent is the value of flags for a part of the whole.
type percent float64

func (v *percent) Type() string   { return "PERCENT" }
func (v *percent) String() string { return strconv.FormatFloat(float64(*v), 'g', -1, 64) }

func (v *percent) Set(text string) error {
	f, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || !(f > 0 && f <= 100) {
		return errors.New("not a number above 0 and at most 100")
	}
	*v = percent(f)
	return nil
}
