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

// next returns the next value, nil for NULL.
func next[T any](v *values) *T {
	value := v.row[0]
	v.row = v.row[1:]
	if value == nil {
		return nil
	}
	typed, ok := value.(T)
	if !ok {
		v.fail(fmt.Errorf("%T where %T belongs", value, typed))
		return nil
	}
	return &typed
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

func (v *values) Text() *string                { return next[string](v) }
func (v *values) Float() *float64              { return next[float64](v) }
func (v *values) Texts() []string              { return list[string](v) }
func (v *values) Resources() []report.Resource { return list[report.Resource](v) }

func (v *values) Int() *int {
	if i := next[int64](v); i != nil {
		return new(int(*i))
	}
	return nil
}

func (v *values) Bool() *bool {
	if i := next[int64](v); i != nil {
		return new(*i != 0)
	}
	return nil
}

func (v *values) Time() *time.Time {
	if i := next[int64](v); i != nil {
		return new(time.UnixMicro(*i).UTC())
	}
	return nil
}

func (v *values) Misc() json.RawMessage {
	if s := next[string](v); s != nil {
		return json.RawMessage(*s)
	}
	return nil
}

func list[T string | report.Resource](v *values) []T {
	s := next[string](v)
	if s == nil {
		return nil
	}
	all, err := sqldb.ReadList[T]([]byte(*s))
	if err != nil {
		v.fail(err)
	}
	return all
}
