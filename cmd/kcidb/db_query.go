// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

type queryOptions struct {
	database      databaseOptions
	out           reportsOptions
	query         store.Query
	issues        []string
	issueVersions []int
	dryRun        bool
}

func newDBQueryCommand(p *program) *cobra.Command {
	return queryCommand(p, "kcidb db query")
}

// queryCommand returns the command that queries a database. It has two names,
// as in the Python system.
func queryCommand(p *program, name string) *cobra.Command {
	o := queryOptions{database: databaseOptions{orServed: true}}
	cmd := &cobra.Command{
		Use:   "query",
		Short: "Get objects from a database by their IDs",
		Long: `Write the objects with the given IDs to standard output, and, if requested, their
ancestors (--parents) and their descendants (--children). With both options the
descendants include those of the ancestors. Without IDs nothing is written.`,
		Example: `  ` + name + ` -d sqlite:my.db -t ci:test-1 --parents
  ` + name + ` -d sqlite:my.db -c ci:checkout-1 -c ci:checkout-2 --children
  ` + name + ` -d sqlite:my.db -i ci:issue-1 --iv 1 --children`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(o.issues) != len(o.issueVersions) {
				return usagef("%d issue IDs and %d issue versions are given: each ID needs one version",
					len(o.issues), len(o.issueVersions))
			}
			for i, id := range o.issues {
				o.query.Issues = append(o.query.Issues, store.Key{ID: id, Version: o.issueVersions[i]})
			}
			return runQuery(cmd.Context(), p, &o)
		},
	}
	o.database.addTo(p, cmd)
	o.out.addFlags(cmd)
	addDryRun(cmd, &o.dryRun)
	f := cmd.Flags()
	f.StringArrayVarP(&o.query.Checkouts, "checkout-id", "c", nil, "`ID` of a checkout; all ID options can be repeated")
	f.StringArrayVarP(&o.query.Builds, "build-id", "b", nil, "`ID` of a build")
	f.StringArrayVarP(&o.query.Tests, "test-id", "t", nil, "`ID` of a test")
	f.StringArrayVarP(&o.issues, "issue-id", "i", nil, "`ID` of an issue")
	f.IntSliceVar(&o.issueVersions, "issue-version", nil, "`VERSION` of the issue, one for each issue ID, in the same order")
	f.Var(f.Lookup("issue-version").Value, "iv", "short for --issue-version `VERSION`")
	f.StringArrayVarP(&o.query.Incidents, "incident-id", "n", nil, "`ID` of an incident")
	f.BoolVar(&o.query.Parents, "parents", false, "also the ancestors of the objects")
	f.BoolVar(&o.query.Children, "children", false, "also the descendants of the objects")
	f.BoolVar(&o.query.Metadata, "with-metadata", false, "with the objects' times of modification")
	return cmd
}

func runQuery(ctx context.Context, p *program, o *queryOptions) error {
	o.query.PerReport = int(o.out.perReport)
	return o.database.withDatabase(ctx, func(s store.Sink) error {
		query := func(ctx context.Context) iter.Seq2[*report.Report, error] { return s.Query(ctx, o.query) }
		if o.dryRun {
			return writeBytes(ctx, p, s, query)
		}
		return o.out.write(p, query(ctx))
	})
}
