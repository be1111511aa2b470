// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
)

var clocks = []string{string(store.FirstModified), string(store.LastModified), string(store.Current)}

type dbTimeOptions struct {
	database databaseOptions
	verbose  bool
	which    store.Clock
}

func newDBTimeCommand(p *program) *cobra.Command {
	o := dbTimeOptions{database: databaseOptions{orServed: true}}
	cmd := &cobra.Command{
		Use:   "time {first_modified|last_modified|current}",
		Short: "Print a time of a database",
		Long: `Print a time in UTC: when an object in a database was first modified, when an
object was last modified, or the time of the database's own clock. An empty
database has no times of modification; then nothing is printed.`,
		Example:           `  kcidb db time -d sqlite:my.db last_modified`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cobra.FixedCompletions(clocks, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(clocks, args[0]) {
				return usagef("%q is not one of %s", args[0], strings.Join(clocks, ", "))
			}
			o.which = store.Clock(args[0])
			return runDBTime(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "also print which time it is, or that the database has no such time")
	return cmd
}

func runDBTime(ctx context.Context, p *program, o *dbTimeOptions) error {
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		t, err := s.Time(ctx, o.which)
		if err != nil {
			return err
		}
		text := t.UTC().Format(time.RFC3339Nano)
		switch {
		case o.verbose && t.IsZero():
			text = fmt.Sprintf("%s: none", o.which)
		case o.verbose:
			text = fmt.Sprintf("%s: %s", o.which, text)
		case t.IsZero():
			return nil
		}
		_, err = fmt.Fprintln(p.stdout, text)
		return err
	})
}
