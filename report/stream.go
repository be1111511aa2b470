// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"io"
	"iter"
)

// Reader reads a stream of reports: JSON values one after the other, with or without white
// space between them, or each after a record separator (0x1e, RFC 7464).
type Reader struct {
	// MaxBytes bounds the memory for a value of the stream, in bytes, or for an object if
	// Parts cuts the report. The default is 1 GiB.
	MaxBytes int

	source io.Reader
	buf    []byte // read, but not yet returned, from start on
	start  int
	offset int64 // of buf in the stream
	end    error // why the stream has no more bytes: io.EOF, or the error of reading
	values int   // how many were begun
	failed error // why the reader returns no more values
}

// NewReader returns a reader of the values in r. It reads more of r than it returns.
func NewReader(r io.Reader) *Reader {
	return &Reader{MaxBytes: 1 << 30, source: r}
}

// Next returns the text of the next value, which is valid until the next call, or io.EOF
// after the last value. It finds the end of the value, and does not check that the whole
// text is JSON; Decode does. The error is an *Error of KindSyntax if no value begins, or
// the value does not end. Reading cannot go on after this error.
func (d *Reader) Next() ([]byte, error) {
	if _, err := d.begin(); err != nil {
		return nil, err
	}
	return d.value()
}

// Reports returns the reports of the stream, each read by Decode. In place of an invalid
// report it yields an error, which names the report by its number and wraps the error of
// Decode, and goes on with the next report. An error of the stream itself is the last
// result.
func (d *Reader) Reports() iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		for {
			r, err := d.report()
			if err == io.EOF || !yield(r, err) || d.failed != nil {
				return
			}
		}
	}
}

// report reads the next report as a whole.
func (d *Reader) report() (*Report, error) {
	text, err := d.Next()
	if err != nil {
		return nil, err
	}
	begin := d.position() - int64(len(text))
	r, err := Decode(text)
	if err != nil {
		return nil, fmt.Errorf("report %d, at byte %d of the stream: %w", d.values, begin, err)
	}
	return r, nil
}

// begin goes to the first character of the next value and returns it, or io.EOF at the end
// of the stream.
func (d *Reader) begin() (byte, error) {
	if d.failed != nil {
		return 0, d.failed
	}
	for {
		c, err := d.next()
		switch {
		case err == io.EOF:
			d.failed = io.EOF
			return 0, io.EOF
		case err != nil:
			return 0, err
		case c == 0x1e:
			d.start++
		default:
			d.values++
			return c, nil
		}
	}
}

// next skips white space and returns the next character. The error is io.EOF
// at the end of the stream.
func (d *Reader) next() (byte, error) {
	for {
		d.start = spaces(d.buf, d.start)
		if d.start < len(d.buf) {
			return d.buf[d.start], nil
		}
		if err := d.fill(); err != nil {
			return 0, err
		}
	}
}

// value returns the value that begins at the current position.
func (d *Reader) value() ([]byte, error) {
	var s skimmer
	mark := d.markLength()
	for {
		rest := d.buf[d.start:]
		switch rest[mark] {
		case '{', '[', '"':
			if s.skim(rest[mark:]) {
				end := mark + s.pos
				d.start += end
				return rest[:end:end], nil
			}
		default:
			n := scalarLength(rest)
			if n == 0 {
				return nil, d.fail("a JSON value")
			}
			if n < len(rest) || d.end == io.EOF {
				d.start += n
				return rest[:n:n], nil
			}
		}
		if len(rest) > d.MaxBytes {
			d.failed = fmt.Errorf("the JSON value at byte %d of the stream is larger than %d bytes", d.position(), d.MaxBytes)
			return nil, d.failed
		}
		err := d.fill()
		if err == io.EOF && s.pos > 0 {
			begin := d.position()
			d.start = len(d.buf)
			return nil, d.fail(fmt.Sprintf("the end of the JSON value that begins at byte %d", begin))
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
	}
}

// markLength returns the length of a byte order mark at the current position, if a report
// follows it. The mark belongs to the text of the report: it is a fault there.
func (d *Reader) markLength() int {
	if d.buf[d.start] != byteOrderMark[0] {
		return 0
	}
	const most = len(byteOrderMark + "{")
	for len(d.buf)-d.start < most && d.fill() == nil {
	}
	if bytes.HasPrefix(d.buf[d.start:], []byte(byteOrderMark+"{")) {
		return len(byteOrderMark)
	}
	return 0
}

// position returns the current position in the stream.
func (d *Reader) position() int64 { return d.offset + int64(d.start) }

// fail returns the error of a stream that is not JSON from here on.
func (d *Reader) fail(expected string) error {
	d.failed = &Error{Faults: []Fault{{
		Kind:     KindSyntax,
		Expected: expected,
		Found:    fmt.Sprintf("%s at byte %d of the stream", foundAt(d.buf, d.start), d.position()),
	}}}
	return d.failed
}

// minBuffer is the minimum size of a read.
const minBuffer = 64 << 10

// fill appends more of the stream to the buffer. Values that Next returned before become
// invalid.
func (d *Reader) fill() error {
	if d.end != nil {
		return d.end
	}
	if d.start > 0 {
		d.offset += int64(d.start)
		d.buf = d.buf[:copy(d.buf, d.buf[d.start:])]
		d.start = 0
	}
	if cap(d.buf)-len(d.buf) < minBuffer/2 {
		grown := make([]byte, len(d.buf), max(2*cap(d.buf), minBuffer))
		copy(grown, d.buf)
		d.buf = grown
	}
	for range 100 {
		n, err := d.source.Read(d.buf[len(d.buf):cap(d.buf)])
		d.buf = d.buf[:len(d.buf)+n]
		switch {
		case err == io.EOF:
			d.end = io.EOF
		case err != nil:
			d.end = fmt.Errorf("read reports: %w", err)
		}
		if n > 0 {
			return nil
		}
		if d.end != nil {
			break
		}
	}
	if d.end == nil {
		d.end = fmt.Errorf("read reports: %w", io.ErrNoProgress)
	}
	if d.end != io.EOF {
		d.failed = d.end
	}
	return d.end
}
