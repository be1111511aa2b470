// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newCountCommand(p *program) *cobra.Command {
	var in inputOptions
	cmd := &cobra.Command{
		Use:   "count",
		Short: "Count the objects in reports",
		Long: `Read reports from standard input, and print the number of objects in each, one
number per line. The command stops at the first invalid report.`,
		Example: `  kcidb count < report.json
  cat *.json | kcidb count | paste -sd+ | bc`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			return runCount(p, &in)
		},
	}
	in.addFlags(cmd)
	return cmd
}

func runCount(p *program, in *inputOptions) error {
	w := bufio.NewWriter(p.stdout)
	for r, err := range in.reports(p) {
		var n int
		if err == nil {
			n, err = r.count()
		}
		if err != nil {
			return errors.Join(w.Flush(), err)
		}
		if _, err := fmt.Fprintln(w, n); err != nil {
			return err
		}
	}
	return w.Flush()
}

// count returns the number of objects in a valid report. It does not decode a
// report of an old version, because an upgrade may add objects.
func (r *input) count() (int, error) {
	d, err := r.document()
	if err != nil {
		return 0, err
	}
	n, err := d.Count()
	return n, r.wrap(err)
}
