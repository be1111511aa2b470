// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// values returns the values of a row in the binary format, one after the other: see
// columns.Row. Contents stand in the row in place of the references to them.
type values struct {
	row    [][]byte  // the values that are left
	stored []storage // of the columns that are left
	err    error     // the first error
}

// next returns the next value, nil for NULL.
func (v *values) next() []byte {
	value, _ := v.nextStored()
	return value
}

// nextStored returns the next value, nil for NULL, and how it is stored.
func (v *values) nextStored() ([]byte, storage) {
	value, stored := v.row[0], v.stored[0]
	v.row, v.stored = v.row[1:], v.stored[1:]
	return value, stored
}

// sized returns the next value, nil for NULL. A value must have the size in bytes.
func (v *values) sized(size int) []byte {
	value := v.next()
	if value != nil && len(value) != size {
		v.fail(fmt.Errorf("a value of %d bytes where %d belong", len(value), size))
		return nil
	}
	return value
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

func (v *values) Text() (string, bool) {
	value := v.next()
	return string(value), value != nil
}

func (v *values) Int() (int, bool) {
	value := v.sized(4)
	if value == nil {
		return 0, false
	}
	return int(int32(binary.BigEndian.Uint32(value))), true
}

func (v *values) Float() *float64 {
	if value := v.sized(8); value != nil {
		return new(math.Float64frombits(binary.BigEndian.Uint64(value)))
	}
	return nil
}

func (v *values) Bool() *bool {
	if value := v.sized(1); value != nil {
		return new(value[0] != 0)
	}
	return nil
}

func (v *values) Time() *time.Time {
	if value := v.sized(timeSize); value != nil {
		return new(time.UnixMicro(int64(binary.BigEndian.Uint64(value)) + epoch).UTC())
	}
	return nil
}

func (v *values) Texts() []string {
	value, stored := v.nextStored()
	if stored == inline {
		return v.array(value)
	}
	return list[string](v, value)
}

func (v *values) Resources() []report.Resource {
	value, stored := v.nextStored()
	if stored == inline {
		value = v.jsonb(value)
	}
	return list[report.Resource](v, value)
}

func (v *values) Misc() json.RawMessage {
	value, stored := v.nextStored()
	if stored == inline {
		return v.inlineMisc(value)
	}
	return bytes.Clone(unmarked(value))
}

func (v *values) Bytes() []byte {
	value, stored := v.nextStored()
	if stored == inline {
		return v.inlineMisc(value)
	}
	return unmarked(value)
}

// unmarked returns the free object in a value of type text: see markedMisc.
func unmarked(value []byte) []byte { return bytes.TrimPrefix(value, []byte(" ")) }

// inlineMisc returns the free object in a value of type jsonb.
func (v *values) inlineMisc(value []byte) json.RawMessage {
	if value = v.jsonb(value); value == nil {
		return nil
	}
	text, err := readMisc(value)
	if err != nil {
		v.fail(err)
	}
	return text
}

// jsonb returns the text in a value of type jsonb.
func (v *values) jsonb(value []byte) []byte {
	switch {
	case value == nil:
		return nil
	case len(value) == 0 || value[0] != 1:
		v.fail(errors.New("an unknown version of jsonb"))
		return nil
	}
	return value[1:]
}

// array returns the strings in a value of type text[].
func (v *values) array(value []byte) []string {
	if value == nil {
		return nil
	}
	all := []string{}
	const header, each = 3 * 4, 2 * 4 // dimensions, nulls, type; for each dimension its size and first index
	if len(value) == header {
		return all
	}
	if len(value) < header+each || binary.BigEndian.Uint32(value) != 1 {
		v.fail(errors.New("an invalid list"))
		return nil
	}
	for rest := value[header+each:]; len(rest) > 0; {
		if len(rest) < lengthSize || uint64(binary.BigEndian.Uint32(rest)) > uint64(len(rest)-lengthSize) {
			v.fail(errors.New("a list that breaks off, or has a NULL"))
			return nil
		}
		var element []byte
		element, rest = cutValue(rest)
		all = append(all, string(element[lengthSize:]))
	}
	return all
}

// list returns the list in a JSON text, nil for no text.
func list[T string | report.Resource](v *values, text []byte) []T {
	if text == nil {
		return nil
	}
	all, err := columns.ReadList[T](text)
	if err != nil {
		v.fail(err)
	}
	return all
}
