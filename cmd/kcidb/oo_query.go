// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

type ooQueryOptions struct {
	database databaseOptions
	out      outputOptions
	metadata bool
	all      bool
}

func newOOQueryCommand(p *program) *cobra.Command {
	o := ooQueryOptions{database: databaseOptions{orServed: true}}
	cmd := &cobra.Command{
		Use:   "query PATTERN...",
		Short: "Get the objects that patterns name",
		Long: `Write the objects that any of the patterns names to standard output, each once,
as one JSON object: {"TYPE": [OBJECT, ...], ...}. It has all types that the
patterns name, parents before their children, with "TYPE": [] for a type without
objects. Each object has the fields of the Python system's object model, null if
it has no value. With --all-fields it also has the other fields of reports, such
as log_excerpt. --pattern-help explains patterns.`,
		Example: `  kcidb oo query -d sqlite:my.db '>test[ci:1]#<*#'
  kcidb oo query -d sqlite:my.db --all-fields '>checkout[ci:1]>build#' '>build[ci:2]#'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("a pattern is missing; --pattern-help explains patterns")
			}
			return nil
		},
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runOOQuery(cmd.Context(), p, &o, args)
		},
	}
	o.database.addTo(p, cmd)
	addPatternHelp(p, cmd)
	o.out.addFlags(cmd)
	cmd.Flags().BoolVar(&o.all, "all-fields", false, "with all fields of reports")
	cmd.Flags().BoolVar(&o.metadata, "with-metadata", false, "with the objects' times of modification")
	return cmd
}

func runOOQuery(ctx context.Context, p *program, o *ooQueryOptions, args []string) error {
	patterns, err := parsePatterns(p, args)
	if err != nil {
		return err
	}
	return o.database.withStore(ctx, func(s store.Store) error {
		progress := p.newProgress("objects", p.stdout)
		defer progress.done()
		w := object.NewSetWriter(p.stdout, int(min(o.out.indent, maxIndent)), o.out.seq)
		w.Fields = object.ModelFields
		if o.all {
			w.Fields = object.AllFields
		}
		for _, pattern := range patterns {
			w.Types = append(w.Types, pattern.Type)
		}
		for set, err := range s.Match(ctx, patterns, store.MatchOptions{Metadata: o.metadata}) {
			if err != nil {
				return err
			}
			if err := w.Write(set); err != nil {
				return err
			}
			progress.add(set.Count())
		}
		return w.Close()
	})
}
