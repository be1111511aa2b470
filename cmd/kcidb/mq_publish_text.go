// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
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

// mqForm is how messages that are texts follow one another in a stream.
type mqForm struct {
	end  byte   // behind each; the last that is read may lack it
	unit string // what they are counted as: "line"
	// tidy returns a message without what is there for the stream only. What is
	// nothing then is none.
	tidy func(text []byte) []byte

	published, pulled string // what help texts say of this
}

// maxText is how many bytes a message may have that is read, and so the memory
// that reading takes. Patterns and the mails of notifications have far fewer.
const maxText = 16 << 20

// read returns the messages of a stream. Each is good until the next. An error
// is the last; what is cut off by one is no message.
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

// next appends the next message to text, without its end.
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

// write writes a message, at once, so that whoever reads a pipe has it whole.
func (f *mqForm) write(w io.Writer, text []byte) error {
	_, err := w.Write(append(slices.Clone(f.tidy(text)), f.end))
	return err
}

func newMQPublishTextsCommand(p *program, o *queueOptions, kind *mqKind) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Put " + kind.many + " into the queue",
		Long: `Put the ` + kind.many + ` on standard input into the queue, each as a message, and print
the ID of each once it is safe. What is wrong with one that is not valid goes to
standard error, and the others are published nevertheless.

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
	return o.with(ctx, func(q queue.Queue) error {
		clock := arrival.NewClock(time.Now)
		_ = clock.SeedBy(ctx, q.Newest) // an account that may only publish may not read it
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
			m := queue.Message{ID: messageID(), Received: clock.Next(), Data: bytes.Clone(text.text)}
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

// messageID returns a new ID, of the kind that submissions have.
func messageID() string { return (rand.Text() + rand.Text())[:32] }
