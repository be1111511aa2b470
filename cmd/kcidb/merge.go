// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

type mergeOptions struct {
	in  inputOptions
	out outputOptions
}

func newMergeCommand(p *program) *cobra.Command {
	var o mergeOptions
	cmd := &cobra.Command{
		Use:   "merge",
		Short: "Merge reports into one",
		Long: `Read reports from standard input, and write one report with all their objects, in
the newest version of the schema among the reports. Nothing is written if a report
is invalid. All reports are held in memory.`,
		Example: `  cat *.json | kcidb merge > all.json`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			return runMerge(p, &o)
		},
	}
	o.in.addFlags(cmd)
	o.out.addFlags(cmd)
	return cmd
}

func runMerge(p *program, o *mergeOptions) error {
	var sources []*report.Document
	for r, err := range o.in.reports(p) {
		if err != nil {
			return err
		}
		d, err := r.document()
		if err != nil {
			return err
		}
		sources = append(sources, d)
	}
	merged := report.NewDocument(newestVersion(sources))
	if err := merged.Merge(sources...); err != nil {
		return fmt.Errorf("merging: %w", err)
	}
	return o.out.writer(p).WriteRaw(merged.JSON())
}

// newestVersion returns the newest version among documents, or the latest version if
// there are no documents.
func newestVersion(documents []*report.Document) report.Version {
	if len(documents) == 0 {
		return report.Latest()
	}
	var newest report.Version
	for _, d := range documents {
		if v, ok := d.Version(report.Latest()); ok && v.Compare(newest) > 0 {
			newest = v
		}
	}
	return newest
}
