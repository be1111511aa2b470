// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"
	"time"
)

// keeper holds the memory of decoded values. It allocates memory in chunks: a
// report has dozens of small values per object, and allocating each is slow.
type keeper struct {
	chunk    strings.Builder // holds strings
	raw      []byte          // holds JSON text
	strings  slab[string]
	times    slab[time.Time]
	statuses slab[Status]
	bools    slab[bool]
	floats   slab[float64]
}

// Texts longer than maxShared have memory of their own; the others share
// chunks. Each chunk is larger than the last, from minChunk to maxChunk,
// because most reports are small, and most bytes are in large reports.
const (
	maxShared = 256
	minChunk  = 1 << 10
	maxChunk  = 16 << 10
)

func nextChunk(last int) int { return min(max(2*last, minChunk), maxChunk) }

// string returns a copy of b.
func (k *keeper) string(b []byte) string {
	if len(b) > maxShared {
		return string(b)
	}
	if size := k.chunk.Cap(); k.chunk.Len()+len(b) > size {
		k.chunk = strings.Builder{}
		k.chunk.Grow(nextChunk(size))
	}
	start := k.chunk.Len()
	k.chunk.Write(b)
	return k.chunk.String()[start:]
}

// bytes returns a copy of b.
func (k *keeper) bytes(b []byte) []byte {
	if len(b) > maxShared {
		return slices.Clone(b)
	}
	if size := cap(k.raw); len(k.raw)+len(b) > size {
		k.raw = make([]byte, 0, nextChunk(size))
	}
	start := len(k.raw)
	k.raw = append(k.raw, b...)
	return slices.Clip(k.raw[start:])
}

// slab hands out pointers to values in contiguous memory.
type slab[T any] struct {
	free []T
	size int
}

// keep returns a pointer to a copy of a value.
func (s *slab[T]) keep(value T) *T {
	if len(s.free) == 0 {
		s.size = min(max(8, 2*s.size), 256)
		s.free = make([]T, s.size)
	}
	p := &s.free[0]
	s.free = s.free[1:]
	*p = value
	return p
}
