// SPDX-License-Identifier: Apache-2.0

package merging

import (
	"iter"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// Indexes of the columns that rows begin with. Only rows of issues have a version.
const (
	TimestampColumn = iota
	IDColumn
	VersionColumn
)

// Version is the row of an object, and the times of its units.
type Version struct {
	Row []any   // the values of all columns; the timestamp is nil if the object has none
	At  []int64 // times of the units; nil if all are as old as the timestamp
}

// Time returns the time of a unit.
func (v *Version) Time(unit int) int64 {
	if v.At != nil {
		return v.At[unit]
	}
	return v.Row[TimestampColumn].(int64)
}

// Later reports which of two values of a unit with equal times stays: true for the
// second.
type Later func(unit int, first, second []any) (bool, error)

// Always reports that the second value stays.
func Always(int, []any, []any) (bool, error) { return true, nil }

// Merge merges another version of the object into v, unit by unit. It reports whether a
// value changed.
func (v *Version) Merge(other *Version, units []columns.Unit, later Later) (changed bool, err error) {
	newest := max(v.Row[TimestampColumn].(int64), other.Row[TimestampColumn].(int64))
	at := make([]int64, len(units))
	for i, u := range units {
		stored, new := v.Row[u.From:u.To], other.Row[u.From:u.To]
		was, is := v.Time(i), other.Time(i)
		at[i] = max(was, is)
		switch {
		case IsAbsent(new) && IsAbsent(stored):
			at[i] = newest // the unit has no value
			continue
		case IsAbsent(new):
			at[i] = was
			continue
		case IsAbsent(stored):
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
	v.Row[TimestampColumn], v.At = newest, at
	return changed, nil
}

// IsAbsent reports whether a unit has no value.
func IsAbsent(unit []any) bool {
	for _, value := range unit {
		if value != nil {
			return false
		}
	}
	return true
}

// Rows returns the objects of a list in a report as rows, all in the same slice.
func Rows(t *columns.Table, r *report.Report) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		var w Writer
		for i := range t.Len(r) {
			w.Row = w.Row[:0]
			t.At(r, i).VisitFields(&w)
			if !yield(w.Row) {
				return
			}
		}
	}
}

// Key returns the identity of the object in a row.
func Key(t *columns.Table, row []any) store.Key {
	k := store.Key{ID: row[IDColumn].(string)}
	if t.Keys == 2 {
		k.Version = int(row[VersionColumn].(int64))
	}
	return k
}

// Versions returns the objects of a list in a report, each once. Unless metadata is set,
// they get the time of arrival. An object that is in the list more than once is merged: if
// times are equal, the later value in the list stays. The caller may change a version, and
// must not use it after the next one is returned.
func Versions(t *columns.Table, r *report.Report, arrival int64, metadata bool) iter.Seq[*Version] {
	rows := func(yield func(*Version) bool) {
		var v Version
		for row := range Rows(t, r) {
			if v = (Version{Row: row}); !metadata {
				row[TimestampColumn] = arrival
			}
			if !yield(&v) {
				return
			}
		}
	}
	if !t.Repeats(r) {
		return rows
	}
	var all []*Version
	listed := make(map[store.Key]*Version)
	for v := range rows {
		if before := listed[Key(t, v.Row)]; before != nil {
			before.fold(v, t.Units)
			continue
		}
		first := &Version{Row: slices.Clone(v.Row)}
		listed[Key(t, v.Row)] = first
		all = append(all, first)
	}
	return slices.Values(all)
}

// fold merges a version from later in the same list into v. A version without a time has
// the time of the other version.
func (v *Version) fold(other *Version, units []columns.Unit) {
	switch {
	case v.Row[TimestampColumn] == nil && other.Row[TimestampColumn] == nil:
		v.Row[TimestampColumn], other.Row[TimestampColumn] = int64(0), int64(0)
		defer func() { v.Row[TimestampColumn], v.At = nil, nil }()
	case v.Row[TimestampColumn] == nil:
		v.Row[TimestampColumn] = other.Row[TimestampColumn]
	case other.Row[TimestampColumn] == nil:
		other.Row[TimestampColumn] = v.Row[TimestampColumn]
	}
	v.Merge(other, units, Always) // Always returns no error
}
