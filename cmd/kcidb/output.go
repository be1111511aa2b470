// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"iter"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// outputBuffer is the buffer size for output that is written in small pieces.
const outputBuffer = 64 << 10

// outputOptions are the options for writing JSON to standard output.
type outputOptions struct {
	indent uint
	seq    bool
}

func (o *outputOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().UintVar(&o.indent, "indent", 4, "indent JSON by `N` spaces a level, or write it on one line: 0")
	cmd.Flags().BoolVar(&o.seq, "seq-out", false, "write RFC 7464: RS before each report")
	cmd.Flags().BoolVar(&o.seq, "seq", false, "short for --seq-out")
}

// maxIndent is the limit beyond which indentation makes no text more readable.
const maxIndent = 64

// writer returns a writer to standard output. It buffers nothing, so that the
// reader of a pipe gets each report at once.
func (o *outputOptions) writer(p *program) *report.Writer {
	w := report.NewWriter(p.stdout)
	w.Indent = int(min(o.indent, maxIndent))
	w.Seq = o.seq
	return w
}

// reportsOptions limit the size of the reports on standard output.
type reportsOptions struct {
	outputOptions
	perReport uint
}

func (o *reportsOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().UintVarP(&o.perReport, "objects-per-report", "o", 0, "write at most `N` objects in a report (default all in one)")
	o.outputOptions.addFlags(cmd)
}

// write writes the reports unchanged, or joined into one report, without holding
// them in memory. If objects cannot be read, it leaves them out, writes all
// others, and returns the missing ones as an error.
func (o *reportsOptions) write(p *program, reports iter.Seq2[*report.Report, error]) error {
	progress := p.newProgress("objects", p.stdout)
	defer progress.done()
	var leftOut *store.Unreadable
	counted := func(yield func(*report.Report, error) bool) {
		for r, err := range reports {
			if errors.As(err, &leftOut) {
				return
			}
			if err == nil {
				progress.add(r.Count())
			}
			if !yield(r, err) {
				return
			}
		}
	}
	if o.perReport == 0 {
		if err := o.writer(p).WriteParts(counted); err != nil {
			return err
		}
		return asError(leftOut)
	}
	w := o.writer(p)
	for r, err := range counted {
		if err != nil {
			return err
		}
		if err := w.Write(r); err != nil {
			return err
		}
	}
	return asError(leftOut)
}

// asError returns leftOut as an error, and nil without objects left out.
func asError(leftOut *store.Unreadable) error {
	if leftOut == nil {
		return nil
	}
	return leftOut
}
