// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"iter"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// outputBuffer is the size of buffers for what is written in small pieces.
const outputBuffer = 64 << 10

// outputOptions say how JSON is written to standard output.
type outputOptions struct {
	indent uint
	seq    bool
}

func (o *outputOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().UintVar(&o.indent, "indent", 4, "indent JSON by `N` spaces a level, or write it on one line: 0")
	cmd.Flags().BoolVar(&o.seq, "seq-out", false, "write RFC 7464: RS before each report")
	cmd.Flags().BoolVar(&o.seq, "seq", false, "short for --seq-out")
}

// maxIndent is where indenting stops making anything more readable.
const maxIndent = 64

// writer returns a writer to standard output. It keeps nothing back, so that
// whoever reads a pipe has each report at once.
func (o *outputOptions) writer(p *program) *report.Writer {
	w := report.NewWriter(p.stdout)
	w.Indent = int(min(o.indent, maxIndent))
	w.Seq = o.seq
	return w
}

// reportsOptions say how many objects are written to standard output.
type reportsOptions struct {
	outputOptions
	perReport uint
}

func (o *reportsOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().UintVarP(&o.perReport, "objects-per-report", "o", 0, "write at most `N` objects in a report (default all in one)")
	o.outputOptions.addFlags(cmd)
}

// write writes reports as they are, or all as one, without holding them in memory.
// What is written is complete if some objects are left out because they cannot be
// read; these are the error.
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
		return notNil(leftOut)
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
	return notNil(leftOut)
}

// notNil returns what cannot be read as an error, nil for nothing.
func notNil(leftOut *store.Unreadable) error {
	if leftOut == nil {
		return nil
	}
	return leftOut
}
