// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/queue"
)

// mqForm is the form of a stream of messages that are texts.
type mqForm struct {
	end  byte   // after each message; may be missing after the last
	unit string // the unit of messages in errors: "line"
	// tidy returns a message without the parts that belong to the stream. An
	// empty result is not a message.
	tidy func(text []byte) []byte

	published, pulled string // descriptions for help texts
}

// maxText is the maximum length of a message in bytes, and so the memory for
// reading. Patterns and the mails of notifications are far smaller.
const maxText = 16 << 20

// read returns the messages of a stream. Each is valid until the next. An
// error ends the sequence; a message that the error cuts off is not returned.
func (f *mqForm) read(from io.Reader) iter.Seq2[*input, error] {
	return func(yield func(*input, error) bool) {
		r := bufio.NewReader(from)
		var text []byte
		for n := 1; ; n++ {
			var err error
			text, err = f.next(r, text[:0])
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, fmt.Errorf("%s %d: %w", f.unit, n, err))
				return
			}
			if tidy := f.tidy(text); len(tidy) > 0 && !yield(&input{n, tidy}, nil) || err != nil {
				return
			}
		}
	}
}

// next appends the next message to text, without the end mark.
func (f *mqForm) next(r *bufio.Reader, text []byte) ([]byte, error) {
	for {
		piece, err := r.ReadSlice(f.end)
		text = append(text, piece...)
		switch {
		case len(text) > maxText:
			return nil, fmt.Errorf("it has more than %d MiB", maxText>>20)
		case err == nil:
			return text[:len(text)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return text, err
		}
	}
}

// write writes a message with one call, so that the reader of a pipe gets
// whole messages.
func (f *mqForm) write(w io.Writer, text []byte) error {
	_, err := w.Write(append(slices.Clone(f.tidy(text)), f.end))
	return err
}

func newMQPublishTextsCommand(p *program, o *queueOptions, kind *mqKind) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Put " + kind.many + " into the queue",
		Long: `Put the ` + kind.many + ` on standard input into the queue, each as a message, and print
the ID of each message when it is safe on disk. The fault of an invalid message
goes to standard error; the others are published nevertheless.

` + kind.form.published + `

Exit status: 0 all ` + kind.many + ` were published; 1 some were not.`,
		Example: "  kcidb mq " + kind.name + "-publisher publish --queue " + kind.url + " < " + kind.file,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runMQPublishTexts(cmd.Context(), p, o, kind)
		},
	}
	if kind == &mqPatterns {
		addPatternHelp(p, cmd)
	}
	return cmd
}

func runMQPublishTexts(ctx context.Context, p *program, o *queueOptions, kind *mqKind) error {
	return o.withQueue(ctx, func(q queue.Queue) error {
		clock := arrival.NewClock(time.Now)
		_ = clock.SeedBy(ctx, q.Newest) // an account that may only publish cannot read it
		refused := false
		for text, err := range kind.form.read(p.stdin) {
			if err != nil {
				return err
			}
			if err := kind.check(text.text); err != nil {
				refused = true
				fmt.Fprintf(p.stderr, "%s %d: %v\n", kind.form.unit, text.number, err)
				continue
			}
			m := queue.Message{ID: arrival.NewID(), Received: clock.Next(), Data: bytes.Clone(text.text)}
			if err := q.Publish(ctx, m); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(p.stdout, m.ID); err != nil {
				return err
			}
		}
		if refused {
			return errReported
		}
		return nil
	})
}
