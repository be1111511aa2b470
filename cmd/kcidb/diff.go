// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/diff"
	"github.com/kcidb-go/kcidb/internal/prefetch"
	"github.com/kcidb-go/kcidb/report"
)

// diffObjects is how many objects of a large report are handled at a time.
const diffObjects = 8192

type diffOptions struct {
	most    uint
	verbose bool
}

func newDiffCommand(p *program) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare the objects in two files of reports",
		Long: `Compare the objects in two files of reports, of any version of the schema. One of
the files may be "-", standard input. Each field that differs is a line.

Reports are compared as a database has them after loading: the order of objects
and members and the spaces do not matter, and an object that comes several times
in a file is merged. The time at which an object was modified is compared if the
object in A has it.

The files may have any size: objects that do not fit in memory are sorted in
compressed temporary files in $TMPDIR.

Exit status: 0 the objects are the same; 1 they differ, or the command failed.`,
		Example: `  kcidb diff before.json after.json
  kcidb db dump -d sqlite:my.db | kcidb diff all.json - -v`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" && args[1] == "-" {
				return usagef("A and B are both standard input")
			}
			return runDiff(cmd.Context(), p, &o, args)
		},
	}
	cmd.Flags().UintVarP(&o.most, "lines", "n", 10, "print the first `N` lines, or all: 0")
	cmd.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "print the number of objects if all are the same")
	return cmd
}

func runDiff(ctx context.Context, p *program, o *diffOptions, files []string) (err error) {
	c := diff.New()
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := readSides(ctx, p, c, files); err != nil {
		return err
	}
	out := diffPrinter{w: p.stdout, most: o.most}
	differ := 0
	for d, err := range c.Differences() {
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
		differ++
		if err := out.print(d); err != nil {
			return err
		}
	}
	switch {
	case differ > 0:
		return fmt.Errorf("%d of %d objects differ", differ, c.Compared())
	case o.verbose:
		_, err = fmt.Fprintf(p.stdout, "all %d objects are the same\n", c.Compared())
	}
	return err
}

// readSides reads both files.
func readSides(ctx context.Context, p *program, c *diff.Comparison, files []string) error {
	progress := p.newProgress("objects read", nil)
	defer progress.done()
	for side, name := range files {
		if err := readSide(ctx, p, name, func(r *report.Report) error {
			progress.add(r.Count())
			return c.Add(diff.Side(side), r)
		}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func readSide(ctx context.Context, p *program, name string, add func(*report.Report) error) error {
	in := p.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return errors.Unwrap(err) // drops the name of the file, which the caller adds
		}
		defer f.Close()
		in = &interruptible{ctx: ctx, from: f}
	}
	for part, err := range prefetch.Seq2(report.NewReader(in).Parts(diffObjects)) {
		if err != nil {
			return err
		}
		if err := add(part); err != nil {
			return err
		}
	}
	return nil
}

// diffPrinter prints differences, one line for each field, up to a number of
// lines.
type diffPrinter struct {
	w     io.Writer
	most  uint // 0 for no limit
	lines uint
}

func (o *diffPrinter) print(d *diff.Difference) error {
	if d.OnlyIn != nil {
		return o.line("%s: only in %s", d.Object(), [...]string{"A", "B"}[*d.OnlyIn])
	}
	for _, f := range d.Fields {
		a, b := excerpts(f.A, f.B)
		if err := o.line("%s: %s is %s in A, %s in B", d.Object(), f.Name, a, b); err != nil {
			return err
		}
	}
	return nil
}

func (o *diffPrinter) line(format string, args ...any) error {
	if o.lines++; o.most > 0 && o.lines > o.most {
		return nil
	}
	_, err := fmt.Fprintf(o.w, format+"\n", args...)
	return err
}

const (
	excerptBefore = 20 // bytes shown before the first that differs
	excerptLength = 60 // bytes shown at most
)

// excerpts returns the two values, or an excerpt of each around the first
// difference if they are long.
func excerpts(a, b []byte) (string, string) {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-excerptBefore)
	if max(len(a), len(b)) <= excerptLength {
		from = 0
	}
	show := func(value []byte) string {
		if value == nil {
			return "absent"
		}
		before, after := "", ""
		if from > 0 {
			before = "..."
		}
		to := min(len(value), from+excerptLength)
		if to < len(value) {
			after = "..."
		}
		return before + strings.ToValidUTF8(string(value[min(from, to):to]), "") + after
	}
	return show(a), show(b)
}
