// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/merging"
)

// times returns the value of the column times, nil if no unit is older than the
// timestamp.
func times(v *merging.Version) []byte {
	var b []byte
	for i, at := range v.At {
		if age := v.Row[timestampColumn].(int64) - at; age > 0 {
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
func readTimes(v *merging.Version, value any, units int) error {
	if value == nil {
		v.At = nil
		return nil
	}
	b, _ := value.([]byte)
	v.At = slices.Repeat([]int64{v.Row[timestampColumn].(int64)}, units)
	for len(b) > 0 {
		unit, n := binary.Uvarint(b)
		age, m := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || m <= 0 || unit >= uint64(units) {
			return fmt.Errorf("%w: %w", store.ErrCorrupt, errTimes)
		}
		v.At[unit] -= int64(age)
		b = b[n+m:]
	}
	return nil
}
