// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// values returns the values of a row, one after the other: see columns.Row. Contents
// stand in the row in place of the references to them.
type values struct {
	row []any // the values that are left
	err error // the first error
}

// next returns the next value. ok is false for NULL, and for a value of another type.
func next[T any](v *values) (typed T, ok bool) {
	value := v.row[0]
	v.row = v.row[1:]
	if value == nil {
		return typed, false
	}
	if typed, ok = value.(T); !ok {
		v.fail(fmt.Errorf("%T where %T belongs", value, typed))
	}
	return typed, ok
}

func (v *values) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}

func (v *values) Err() error {
	err := v.err
	v.err = nil
	return err
}

func (v *values) Text() (string, bool)         { return next[string](v) }
func (v *values) Texts() []string              { return list[string](v) }
func (v *values) Resources() []report.Resource { return list[report.Resource](v) }

func (v *values) Int() (int, bool) {
	i, ok := next[int64](v)
	return int(i), ok
}

func (v *values) Float() *float64 {
	if f, ok := next[float64](v); ok {
		return new(f)
	}
	return nil
}

func (v *values) Bool() *bool {
	if i, ok := next[int64](v); ok {
		return new(i != 0)
	}
	return nil
}

func (v *values) Time() *time.Time {
	if i, ok := next[int64](v); ok {
		return new(time.UnixMicro(i).UTC())
	}
	return nil
}

func (v *values) Misc() json.RawMessage { return v.Bytes() }

func (v *values) Bytes() []byte {
	if s, ok := next[string](v); ok {
		return []byte(s)
	}
	return nil
}

func list[T string | report.Resource](v *values) []T {
	s, ok := next[string](v)
	if !ok {
		return nil
	}
	all, err := sqldb.ReadList[T]([]byte(s))
	if err != nil {
		v.fail(err)
	}
	return all
}
