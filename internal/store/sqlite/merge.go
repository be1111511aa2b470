// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// version is the row of an object, and the times of its units.
type version struct {
	row []any   // the values of all columns; the timestamp is nil if the object has none
	at  []int64 // times of the units; nil if all are as old as the timestamp
}

// time returns the time of a unit.
func (v *version) time(unit int) int64 {
	if v.at != nil {
		return v.at[unit]
	}
	return v.row[timestampColumn].(int64)
}

// later reports which of two values of a unit with equal times stays: true for the
// second.
type later func(unit int, first, second []any) (bool, error)

// always reports that the second value stays.
func always(int, []any, []any) (bool, error) { return true, nil }

// merge merges another version of the object into v, unit by unit. It reports whether a
// value changed.
func (v *version) merge(other *version, units []columns.Unit, later later) (changed bool, err error) {
	newest := max(v.row[timestampColumn].(int64), other.row[timestampColumn].(int64))
	at := make([]int64, len(units))
	for i, u := range units {
		stored, new := v.row[u.From:u.To], other.row[u.From:u.To]
		was, is := v.time(i), other.time(i)
		at[i] = max(was, is)
		switch {
		case isAbsent(new) && isAbsent(stored):
			at[i] = newest // the unit has no value
			continue
		case isAbsent(new):
			at[i] = was
			continue
		case isAbsent(stored):
			at[i] = is
		case is < was, slices.Equal(stored, new):
			continue
		case is == was:
			if stays, err := later(i, stored, new); err != nil {
				return false, err
			} else if !stays {
				continue
			}
		}
		copy(stored, new)
		changed = true
	}
	v.row[timestampColumn], v.at = newest, at
	return changed, nil
}

func isAbsent(unit []any) bool {
	for _, value := range unit {
		if value != nil {
			return false
		}
	}
	return true
}

// times returns the value of the column times, nil if no unit is older than the
// timestamp.
func (v *version) times() []byte {
	var b []byte
	for i, at := range v.at {
		if age := v.row[timestampColumn].(int64) - at; age > 0 {
			b = binary.AppendUvarint(b, uint64(i))
			b = binary.AppendUvarint(b, uint64(age))
		}
	}
	return b
}

// blob returns bytes as an argument for the engine, which is nil for a nil slice, so that
// the engine writes NULL.
func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

var errTimes = errors.New("the column times has an unknown form")

// readTimes sets the times of the units to those in a value of the column times.
func (v *version) readTimes(value any, units int) error {
	if value == nil {
		v.at = nil
		return nil
	}
	b, _ := value.([]byte)
	v.at = slices.Repeat([]int64{v.row[timestampColumn].(int64)}, units)
	for len(b) > 0 {
		unit, n := binary.Uvarint(b)
		age, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 || unit >= uint64(units) {
			return fmt.Errorf("%w: %w", store.ErrCorrupt, errTimes)
		}
		v.at[unit] -= int64(age)
		b = b[n+m:]
	}
	return nil
}

// versions returns the objects of a list in a report, each once. An object that is in the
// list more than once is merged: if times are equal, the later value in the list stays. The
// caller may change a version, and must not use it after the next one is returned.
func (t *table) versions(r *report.Report, arrival int64, metadata bool) iter.Seq[*version] {
	rows := func(yield func(*version) bool) {
		var v version
		for row := range t.rows(r) {
			if v = (version{row: row}); !metadata {
				row[timestampColumn] = arrival
			}
			if !yield(&v) {
				return
			}
		}
	}
	if !t.Repeats(r) {
		return rows
	}
	var all []*version
	listed := make(map[store.Key]*version)
	for v := range rows {
		if before := listed[t.key(v.row)]; before != nil {
			before.fold(v, t.Units)
			continue
		}
		first := &version{row: slices.Clone(v.row)}
		listed[t.key(v.row)] = first
		all = append(all, first)
	}
	return slices.Values(all)
}

// fold merges a version from later in the same list into v. A version without a time has
// the time of the other version.
func (v *version) fold(other *version, units []columns.Unit) {
	switch {
	case v.row[timestampColumn] == nil && other.row[timestampColumn] == nil:
		v.row[timestampColumn], other.row[timestampColumn] = int64(0), int64(0)
		defer func() { v.row[timestampColumn], v.at = nil, nil }()
	case v.row[timestampColumn] == nil:
		v.row[timestampColumn] = other.row[timestampColumn]
	case other.row[timestampColumn] == nil:
		other.row[timestampColumn] = v.row[timestampColumn]
	}
	v.merge(other, units, always) // always returns no error
}
