// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

type validateOptions struct {
	in    inputOptions
	out   outputOptions
	asked report.Version
}

func newValidateCommand(p *program) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate [MAJOR]",
		Short: "Check reports, and write the valid ones",
		Long: `Check the reports on standard input, and write each valid report to standard
output. The command stops at the first invalid report and writes all its faults to
standard error, one per line. A report is checked against the schema of its
version. With a major number, the version must not be newer than the latest
version with that major number.

Exit status: 0 all reports are valid; 1 a report is not.`,
		Example: `  kcidb validate < report.json
  cat *.json | kcidb validate 4 > /dev/null`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeMajor,
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if o.asked, err = majorArg(args); err != nil {
				return err
			}
			return runValidate(p, &o)
		},
	}
	o.in.addFlags(cmd)
	o.out.addFlags(cmd)
	return cmd
}

func runValidate(p *program, o *validateOptions) error {
	w := o.out.writer(p)
	for r, err := range o.in.reports(p) {
		if err == nil {
			err = r.validate(o.asked)
		}
		if err != nil {
			return err
		}
		if err := w.WriteRaw(r.text); err != nil {
			return err
		}
	}
	return nil
}
