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

// inputOptions say how reports are read from standard input.
type inputOptions struct {
	seq bool
}

func (o *inputOptions) addFlags(cmd *cobra.Command) {
	// The two forms of streams cannot be mistaken for one another.
	cmd.Flags().BoolVar(&o.seq, "seq-in", false, "the input is RFC 7464: RS before each report (found out anyway)")
}

// input is a report as it was read, good until the next one is.
type input struct {
	number int // of the report in the stream, from 1
	text   []byte
}

// reports returns the reports on standard input, unchecked. An error is the last.
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

// parts returns the objects on standard input, checked, in reports of the
// latest version with at most so many objects. An error is the last.
func (o *inputOptions) parts(p *program, most int) iter.Seq2[*report.Report, error] {
	return report.NewReader(p.stdin).Parts(most)
}

// validate checks the report, as one of a version not newer than the one asked for.
func (r *input) validate(asked report.Version) error {
	if asked == report.Latest {
		return r.wrap(report.Validate(r.text))
	}
	d, err := report.ParseDocument(r.text)
	if err == nil {
		err = d.Validate(asked)
	}
	return r.wrap(err)
}

// document returns the report, checked.
func (r *input) document() (*report.Document, error) {
	d, err := report.ParseDocument(r.text)
	if err == nil {
		err = d.Validate(report.Latest)
	}
	return d, r.wrap(err)
}

// wrap tells which report an error is about.
func (r *input) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("report %d: %w", r.number, err)
}

// explain returns an error as lines for people. What is wrong with a report is
// a line for each fault, and each says which report it is in, so that the
// lines can be sorted and searched.
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
