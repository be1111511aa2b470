// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/sample"
)

type genOptions struct {
	seed      uint64
	checkouts int
	since     timestamp
	stories   bool
}

func newGenCommand(p *program) *cobra.Command {
	var o genOptions
	cmd := &cobra.Command{
		Use:   "gen",
		Short: "Generate sample reports",
		Long: `Write made-up reports of several CI systems to standard output, one per line, in
the order in which they would arrive: trees, builds and tests with regressions,
flaky tests and lab outages, issues and incidents. Equal options give equal bytes.
A checkout has some 2,000 objects.

--stories writes reports of the last weeks up to now instead, of a few trees and
some 20,000 tests: each failure in them has a known reason. Objects have the time
of their arrival; load them with --with-metadata to keep it.`,
		Example: `  kcidb gen --checkouts 10 | kcidb db load -d sqlite:sample.db
  kcidb gen --seed 7 --since 2026-03-01 > reports.json
  kcidb gen --stories | kcidb db load -d sqlite:sample.db --with-metadata`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.checkouts < 0 {
				return usagef("--checkouts must not be negative")
			}
			return runGen(cmd.Context(), p, &o)
		},
	}
	o.since.Time = sample.DefaultSince
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "a different `N` gives different reports")
	cmd.Flags().IntVar(&o.checkouts, "checkouts", 10, "generate `N` checkouts")
	cmd.Flags().Var(&o.since, "since", "`TIME` of the first checkout")
	cmd.Flags().BoolVar(&o.stories, "stories", false, "generate the stories of the last weeks, up to now")
	for _, other := range []string{"seed", "checkouts", "since"} {
		cmd.MarkFlagsMutuallyExclusive("stories", other)
	}
	return cmd
}

func runGen(ctx context.Context, p *program, o *genOptions) error {
	w := bufio.NewWriterSize(p.stdout, outputBuffer)
	progress := p.newProgress("objects", p.stdout)
	defer progress.done()
	var text []byte
	reports := sample.Reports(sample.Options{Seed: o.seed, Checkouts: o.checkouts, Since: o.since.Time})
	if o.stories {
		reports = sample.Stories(time.Now())
	}
	for r := range reports {
		if err := ctx.Err(); err != nil {
			return err
		}
		text = append(r.AppendJSON(text[:0]), '\n')
		if _, err := w.Write(text); err != nil {
			return err
		}
		progress.add(r.Count())
	}
	return w.Flush()
}
