// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/kcidb-go/kcidb/internal/store/columns"
)

// version is a row taken apart: its values with their lengths, and the times of its
// units, nil if all units are as new as the timestamp.
type version struct {
	values [][]byte
	at     []int64
}

func (r row) version() version {
	v := version{at: r.at}
	for rest := r.data[countSize:]; len(rest) > 0; {
		var value []byte
		value, rest = cutValue(rest)
		v.values = append(v.values, value)
	}
	return v
}

// time returns the time of a unit.
func (v *version) time(unit int, timestamp int64) int64 {
	if v.at != nil {
		return v.at[unit]
	}
	return timestamp
}

func (v *version) lacks(u columns.Unit) bool {
	for _, value := range v.values[u.From:u.To] {
		if !isNull(value) {
			return false
		}
	}
	return true
}

func isNull(value []byte) bool { return binary.BigEndian.Uint32(value) == noValue }

// mergeDuplicates merges the rows of the same object, which are neighbours and in the order of
// the list.
func (t *table) mergeDuplicates(rows []row) []row {
	kept := rows[:0]
	for _, r := range rows {
		if last := len(kept) - 1; last >= 0 && kept[last].key == r.key {
			kept[last] = t.fold(kept[last], r)
		} else {
			kept = append(kept, r)
		}
	}
	return kept
}

// fold merges two rows of an object, unit by unit. The newest value stays; if the times
// are equal, the second value. A row without a time takes the time of the other row.
func (t *table) fold(first, second row) row {
	a, b := first.version(), second.version()
	untimed := first.untimed() && second.untimed()
	var was, is int64
	switch {
	case untimed:
	case first.untimed():
		is = second.timestamp()
		was = is
		a.values[timestampColumn] = b.values[timestampColumn]
	case second.untimed():
		was = first.timestamp()
		is = was
	default:
		was, is = first.timestamp(), second.timestamp()
	}
	newest, older := max(was, is), false
	at := make([]int64, len(t.Units))
	for i, u := range t.Units {
		then, now := a.time(i, was), b.time(i, is)
		switch absent := b.lacks(u); {
		case absent && a.lacks(u):
			at[i] = newest // of no value
		case absent, !a.lacks(u) && now < then:
			at[i] = then
		default:
			at[i] = now
			copy(a.values[u.From:u.To], b.values[u.From:u.To])
		}
		older = older || at[i] < newest
	}
	if is > was {
		a.values[timestampColumn] = b.values[timestampColumn]
	}
	merged := row{key: first.key, data: append([]byte{}, first.data[:countSize]...)}
	times := appendTimes(nil, nil, 0)
	if older {
		merged.at = at
		times = appendTimes(nil, at, newest)
	}
	a.values[len(a.values)-1] = times
	for _, value := range a.values {
		merged.data = append(merged.data, value...)
	}
	return merged
}

// appendTimes appends a value of type timestamptz[]: the times of units, NULL for units
// that are as new as the timestamp. It appends NULL if there are no times.
func appendTimes(b []byte, at []int64, newest int64) []byte {
	if at == nil {
		return binary.BigEndian.AppendUint32(b, noValue)
	}
	from := len(b)
	const dimensions, nulls, first = 1, 1, 1
	for _, n := range []uint32{0, dimensions, nulls, pgtype.TimestamptzOID, uint32(len(at)), first} {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	for _, t := range at {
		if t == newest {
			b = binary.BigEndian.AppendUint32(b, noValue)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, timeSize)
		b = binary.BigEndian.AppendUint64(b, uint64(t))
	}
	binary.BigEndian.PutUint32(b[from:], uint32(len(b)-from-lengthSize))
	return b
}
