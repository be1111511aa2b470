// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

// inputOptions are the options for reading reports from standard input.
type inputOptions struct {
	seq bool
}

func (o *inputOptions) addFlags(cmd *cobra.Command) {
	// The reader detects the form of a stream, because the two forms cannot be
	// confused.
	cmd.Flags().BoolVar(&o.seq, "seq-in", false, "the input is RFC 7464: RS before each report (detected anyway)")
}

// input is a report from the input. It is valid until the next one is read.
type input struct {
	number int // of the report in the stream, from 1
	text   []byte
}

// reports returns the reports on standard input, unchecked. An error ends the
// sequence.
func (o *inputOptions) reports(p *program) iter.Seq2[*input, error] {
	return func(yield func(*input, error) bool) {
		reader := report.NewReader(p.stdin)
		for n := 1; ; n++ {
			text, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			r := &input{n, text}
			if err != nil {
				yield(nil, r.wrap(err))
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// batches returns the checked objects on standard input in reports of the latest
// version. Small reports are joined and large ones split, to the given number of
// objects. An error ends the sequence, after the objects before it.
func (o *inputOptions) batches(p *program, objects int) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		batch := new(report.Report)
		for part, err := range report.NewReader(p.stdin).Parts(objects) {
			if err == nil {
				batch.Append(part)
			}
			if batch.Count() >= objects || err != nil && batch.Count() > 0 {
				if !yield(batch, nil) {
					return
				}
				batch = new(report.Report)
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
		if batch.Count() > 0 {
			yield(batch, nil)
		}
	}
}

// validate checks the report. Its version must not be newer than asked.
func (r *input) validate(asked report.Version) error {
	if asked == report.Latest() {
		return r.wrap(report.Validate(r.text))
	}
	d, err := report.ParseDocument(r.text)
	if err == nil {
		err = d.Validate(asked)
	}
	return r.wrap(err)
}

// document checks the report and returns it as a document.
func (r *input) document() (*report.Document, error) {
	if err := report.Validate(r.text); err != nil {
		return nil, r.wrap(err)
	}
	d, err := report.ParseDocument(r.text)
	return d, r.wrap(err)
}

// wrap adds the number of the report to an error.
func (r *input) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("report %d: %w", r.number, err)
}

// explain returns an error as lines of text. An invalid report has a line for
// each fault, with the number of the report, so that the lines can be sorted
// and searched.
func explain(err error) string {
	text := err.Error()
	invalid, ok := errors.AsType[*report.Error](err)
	if !ok {
		return text
	}
	faults := invalid.Error()
	before, _, _ := strings.Cut(text, faults)
	return before + strings.ReplaceAll(faults, "\n", "\n"+before)
}

func isInvalid(err error) bool {
	_, ok := errors.AsType[*report.Error](err)
	return ok
}
