// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

type repairOptions struct {
	in       inputOptions
	out      outputOptions
	origins  []string
	rejected string
}

func newRepairCommand(p *program) *cobra.Command {
	var o repairOptions
	cmd := &cobra.Command{
		Use:   "repair",
		Short: "Repair reports, and take out the objects with faults",
		Long: `Read reports from standard input, and write each to standard output as a service
loads it: in its version, repaired, and without the objects that have faults. Each
repair and each fault gets a line on standard error. A report without a good object
is left out.

These values are repaired, because that needs no guess:
  NUL characters, halves of surrogate pairs and bytes that are not UTF-8 in
  comment, description, log_excerpt, command, compiler, git_commit_message,
  report_subject and the texts in misc become U+FFFD;
  an optional property with the value null is left out;
  a time with a blank between date and time of day gets a "T";
  a byte order mark before a report is skipped.

Exit status: 0 nothing was rejected; 1 some objects or reports were.`,
		Example: `  kcidb repair < report.json > repaired.json
  kcidb repair --rejected faulty.json < report.json | kcidb submit
  kcidb repair --origin myci --indent 0 < report.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runRepair(cmd.Context(), p, &o)
		},
	}
	o.in.addFlags(cmd)
	o.out.addFlags(cmd)
	cmd.Flags().StringSliceVar(&o.origins, "origin", nil, "reject the objects of all origins except `ORIGIN`, which may be given several times")
	cmd.Flags().StringVar(&o.rejected, "rejected", "", "write the rejected objects to `FILE`, as written, each in a report of its own")
	return cmd
}

func runRepair(ctx context.Context, p *program, o *repairOptions) (err error) {
	rejected := report.NewWriter(io.Discard)
	if o.rejected != "" {
		var file *os.File
		if file, err = os.Create(o.rejected); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		rejected = report.NewWriter(file)
		rejected.Indent = int(min(o.out.indent, maxIndent))
	}
	repaired := o.out.writer(p)
	whole := true
	for r, err := range o.in.reports(p) {
		if err != nil {
			return err
		}
		good, err := o.repair(ctx, p, r, repaired, rejected)
		if err != nil {
			return err
		}
		whole = whole && good
	}
	if !whole {
		return errReported
	}
	return nil
}

// repair writes a repaired report, and its rejected objects. It reports whether nothing was
// rejected.
func (o *repairOptions) repair(ctx context.Context, p *program, r *input, repaired, rejected *report.Writer) (bool, error) {
	text, sifted, err := report.Repaired(ctx, r.text, o.sift())
	if isInvalid(err) {
		fmt.Fprintln(p.stderr, explain(r.wrap(err)))
		if _, err := report.ParseDocument(r.text); err != nil {
			return false, nil // it is not JSON
		}
		return false, rejected.WriteRaw(r.text)
	}
	if err != nil {
		return false, err
	}
	printRepairs(p.stderr, r.number, sifted.Repairs, sifted.Repaired())
	for _, object := range sifted.Rejected {
		printFaults(p.stderr, r.number, object.Faults, object.More)
		if err := rejected.WriteRaw(object.Document); err != nil {
			return false, err
		}
	}
	whole := len(sifted.Rejected) == 0
	if sifted.Objects == 0 && !whole {
		return false, nil
	}
	return whole, repaired.WriteRaw(text)
}

// sift returns the options of report.Sift.
func (o *repairOptions) sift() (s report.SiftOptions) {
	if len(o.origins) > 0 {
		s.Origin = func(name string) bool { return slices.Contains(o.origins, name) }
	}
	return s
}

// printRepairs prints the repairs of a report, a line each.
func printRepairs(w io.Writer, number int, repairs []report.Repair, all int) {
	for _, r := range repairs {
		fmt.Fprintf(w, "report %d: repaired: %v\n", number, r)
	}
	if n := all - len(repairs); n > 0 {
		fmt.Fprintf(w, "report %d: repaired: and %d more\n", number, n)
	}
}

// printFaults prints the faults of rejected objects, a line each.
func printFaults(w io.Writer, number int, faults []report.Fault, more int) {
	for _, f := range faults {
		fmt.Fprintf(w, "report %d: rejected: %v\n", number, f)
	}
	if more > 0 {
		fmt.Fprintf(w, "report %d: rejected: and %d more faults\n", number, more)
	}
}
