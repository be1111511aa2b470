// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/kcidb-go/kcidb/internal/store"
)

// Rows go to the server in the binary format of COPY, which is faster to write and to
// read than text. A row is the number of its values, then each value: its length and
// its bytes. Numbers are big-endian.

const (
	noValue    = math.MaxUint32 // in place of a length, for NULL
	lengthSize = 4
	countSize  = 2
	timeSize   = 8
)

// epoch is the zero of PostgreSQL's times.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// row is the row of an object.
type row struct {
	key  store.Key
	data []byte  // the values of all columns, and of times
	at   []int64 // the times of units; nil if all are as old as the timestamp
}

// untimed reports whether the first column is NULL: the object keeps the
// timestamp that it has in the database.
func (r *row) untimed() bool {
	return isNull(r.data[countSize:])
}

// timestamp returns the value of the first column, which must not be NULL.
func (r *row) timestamp() int64 {
	return int64(binary.BigEndian.Uint64(r.data[countSize+lengthSize:]))
}

// cutValue splits off the first value, with its length.
func cutValue(values []byte) (value, rest []byte) {
	length := binary.BigEndian.Uint32(values)
	if length == noValue {
		length = 0
	}
	return values[:lengthSize+length], values[lengthSize+length:]
}

// eachReference calls f for each content that a row refers to.
func (t *table) eachReference(r row, f func(hash)) {
	for column, rest := 0, r.data[countSize:]; len(rest) > 0; column++ {
		var value []byte
		value, rest = cutValue(rest)
		value = value[lengthSize:]
		switch {
		case len(value) == 0:
		case column == t.excerpt && value[0] == longExcerpt:
			f(hash(value[1:]))
		case t.isContent(column):
			f(hash(value))
		}
	}
}

// COPY reads the rows between a header and a trailer.
var (
	copyHeader  = append([]byte("PGCOPY\n\xff\r\n\x00"), make([]byte, 8)...)
	copyTrailer = []byte{0xff, 0xff}
)

// copyReader returns rows in the format of COPY.
func copyReader(rows []row) io.Reader {
	size := len(copyHeader) + len(copyTrailer)
	for i := range rows {
		size += len(rows[i].data)
	}
	b := append(make([]byte, 0, size), copyHeader...)
	for i := range rows {
		b = append(b, rows[i].data...)
	}
	return bytes.NewReader(append(b, copyTrailer...))
}

func (e *encoder) begin(columns int) { e.b = binary.BigEndian.AppendUint16(e.b, uint16(columns)) }
func (e *encoder) length(n int)      { e.b = binary.BigEndian.AppendUint32(e.b, uint32(n)) }
func (e *encoder) null()             { e.b = binary.BigEndian.AppendUint32(e.b, noValue) }

func (e *encoder) required(s string) {
	e.length(len(s))
	e.b = append(e.b, s...)
}

func (e *encoder) integer(i int) {
	e.length(4)
	e.b = binary.BigEndian.AppendUint32(e.b, uint32(int32(i)))
}

func (e *encoder) float(f *float64) {
	if f == nil {
		e.null()
		return
	}
	e.length(8)
	e.b = binary.BigEndian.AppendUint64(e.b, math.Float64bits(*f))
}

func (e *encoder) boolean(v *bool) {
	switch {
	case v == nil:
		e.null()
	case *v:
		e.b = append(e.b, 0, 0, 0, 1, 1)
	default:
		e.b = append(e.b, 0, 0, 0, 1, 0)
	}
}

func (e *encoder) time(t *time.Time) {
	if t == nil {
		e.null()
		return
	}
	e.length(timeSize)
	e.b = binary.BigEndian.AppendUint64(e.b, uint64(t.UnixMicro()-epoch))
}

// jsonb writes JSON into a column of type jsonb, whose binary format begins with a
// version.
func (e *encoder) jsonb(j []byte) {
	e.length(1 + len(j))
	e.b = append(append(e.b, 1), j...)
}

// array writes a list of strings into a column of type text[].
func (e *encoder) array(list []string) {
	at := len(e.b)
	e.length(0)
	dimensions := uint32(1)
	if len(list) == 0 {
		dimensions = 0
	}
	for _, n := range []uint32{dimensions, 0, pgtype.TextOID} { // 0: no element is NULL
		e.b = binary.BigEndian.AppendUint32(e.b, n)
	}
	if len(list) > 0 {
		e.length(len(list))
		e.length(1) // the first index
	}
	for _, s := range list {
		e.required(s)
	}
	binary.BigEndian.PutUint32(e.b[at:], uint32(len(e.b)-at-lengthSize))
}

// optional writes a text, or a word such as a status.
func optional[T ~string](e *encoder, s *T) {
	if s == nil {
		e.null()
		return
	}
	e.required(string(*s))
}
