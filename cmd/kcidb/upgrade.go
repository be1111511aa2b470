// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

type upgradeOptions struct {
	in  inputOptions
	out outputOptions
	to  report.Version
}

func newUpgradeCommand(p *program) *cobra.Command {
	var o upgradeOptions
	cmd := &cobra.Command{
		Use:   "upgrade [MAJOR]",
		Short: "Upgrade reports to a later version of the schema",
		Long: `Read reports from standard input, and write them to standard output in the
latest version of the schema, or the latest version with the given major number.
The command stops at the first report that is invalid or cannot be upgraded.`,
		Example: `  kcidb upgrade < report.json
  kcidb upgrade 4 < report.json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeMajor,
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if o.to, err = majorArg(args); err != nil {
				return err
			}
			return runUpgrade(p, &o)
		},
	}
	o.in.addFlags(cmd)
	o.out.addFlags(cmd)
	return cmd
}

func runUpgrade(p *program, o *upgradeOptions) error {
	w := o.out.writer(p)
	for r, err := range o.in.reports(p) {
		var d *report.Document
		if err == nil {
			d, err = r.document()
		}
		if err == nil {
			err = r.wrap(d.Upgrade(o.to))
		}
		if err != nil {
			return err
		}
		if err := w.WriteRaw(d.JSON()); err != nil {
			return err
		}
	}
	return nil
}
