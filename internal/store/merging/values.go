// SPDX-License-Identifier: Apache-2.0

package merging

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// Values returns the values of a row, one after the other: see columns.Row.
type Values struct {
	Row []any // the values that are left
	err error // the first error
}

// next returns the next value. ok is false for NULL, and for a value of another type.
func next[T any](v *Values) (typed T, ok bool) {
	value := v.Row[0]
	v.Row = v.Row[1:]
	if value == nil {
		return typed, false
	}
	if typed, ok = value.(T); !ok {
		v.fail(fmt.Errorf("%T where %T belongs", value, typed))
	}
	return typed, ok
}

func (v *Values) fail(err error) {
	if v.err == nil {
		v.err = err
	}
}

// Err returns the first error, and forgets it.
func (v *Values) Err() error {
	err := v.err
	v.err = nil
	return err
}

func (v *Values) Text() (string, bool)         { return next[string](v) }
func (v *Values) Texts() []string              { return list[string](v) }
func (v *Values) Resources() []report.Resource { return list[report.Resource](v) }

func (v *Values) Int() (int, bool) {
	i, ok := next[int64](v)
	return int(i), ok
}

func (v *Values) Float() *float64 {
	if f, ok := next[float64](v); ok {
		return new(f)
	}
	return nil
}

func (v *Values) Bool() *bool {
	if i, ok := next[int64](v); ok {
		return new(i != 0)
	}
	return nil
}

func (v *Values) Time() *time.Time {
	if i, ok := next[int64](v); ok {
		return new(time.UnixMicro(i).UTC())
	}
	return nil
}

func (v *Values) Misc() json.RawMessage { return v.Bytes() }

func (v *Values) Bytes() []byte {
	if s, ok := next[string](v); ok {
		return []byte(s)
	}
	return nil
}

func list[T string | report.Resource](v *Values) []T {
	s, ok := next[string](v)
	if !ok {
		return nil
	}
	all, err := columns.ReadList[T]([]byte(s))
	if err != nil {
		v.fail(err)
	}
	return all
}
