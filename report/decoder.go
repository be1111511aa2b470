// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// decode reads a report of a version in one pass over its bytes. It checks the
// report against the version's schema and converts its objects to those of the
// latest version. It returns all faults of the report or of its upgrade.
// Without build it only checks, and returns an empty report. A nil origin allows all origins.
func decode(ctx context.Context, text []byte, v Version, build bool, origin func(string) bool) (*decoder, *Report, error) {
	d := newDecoder(text, v)
	d.ctx, d.stops = ctx, true
	d.origins.allowed = origin
	d.builds, d.budget = build, memoryBudget(len(text))
	r := new(Report)
	if err := d.run(func() { readObject(d, d.shapes.report, r) }); err != nil {
		return d, nil, err
	}
	d.addWaived(r)
	return d, r, nil
}

// Objects may take memoryPerByte times the memory of the report's text, plus
// spareMemory: enough for all reports except large reports of almost empty
// objects.
const (
	memoryPerByte = 5
	spareMemory   = 1 << 20
)

// memoryBudget is how much memory the objects of a report may take, by the
// size of its text.
func memoryBudget(size int) int { return memoryPerByte*size + spareMemory }

// decoder reads a report into the typed objects of the latest version, and
// checks it against the schema of its own version.
type decoder struct {
	scanner
	*edition
	keeper  keeper
	builds  bool // whether objects are kept
	memory  int  // the memory that the objects take, or would take
	budget  int  // the maximum of memory
	objects int  // objects read
	guess   [maxShapes][maxProperties + 1]uint8
	spares  [maxShapes]any // one object of each shape, for objects that are not kept
	excerpt repeated
	origins originCheck
	sifter  *sifter // takes out objects with faults; nil if a fault is one of the report

	// For reports before 5.0.
	names    objectNames
	unfit    collector // values that the latest version cannot express
	waived   []waiver  // the waived tests
	waivings int       // the number of waived tests
}

// newDecoder returns a decoder of one text, which builds objects without a
// limit on their memory.
func newDecoder(text []byte, v Version) *decoder {
	return &decoder{scanner: scanner{text: text, offset: -1}, edition: editions[v](), builds: true, budget: math.MaxInt}
}

// run reads a whole text with read, and returns its faults.
func (d *decoder) run(read func()) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Error:
			err = p
		case halt:
			if err = p.err; err == nil {
				e := d.err()
				e.Stopped = true
				err = e
			}
		default:
			panic(p)
		}
	}()
	read()
	d.end()
	return d.fault()
}

// fault returns the faults so far, or nil.
func (d *decoder) fault() error {
	if e := d.err(); e != nil {
		return e
	}
	if e := d.unfit.err(); e != nil {
		return e
	}
	return nil
}

// reserve accounts for the memory of an object, and reports whether to build the
// object: after a fault nothing is built.
func (d *decoder) reserve(bytes int) bool {
	d.memory += bytes
	if d.memory > d.budget && len(d.faults) == 0 {
		path := d.path
		d.path = nil
		d.note(KindSize, expectedDense, foundSparse, false)
		d.path = path
	}
	return d.builds && d.noFaults()
}

// noFaults reports whether no fault was found so far.
func (d *decoder) noFaults() bool { return len(d.faults) == 0 && len(d.unfit.faults) == 0 }

// cannotUpgrade notes that the latest version cannot express the current
// value, or the value of a member of the current object if name is not "".
func (d *decoder) cannotUpgrade(name, expected string, value []byte) {
	if name != "" {
		d.path = append(d.path, step{name: []byte(name)})
		defer func() { d.path = d.path[:len(d.path)-1] }()
	}
	d.unfit.add(Fault{Kind: KindUpgrade, Pointer: d.pointer(), Expected: expected, Found: foundText(value)}, false)
}

// neededSince adds the version that requires something to its description.
func neededSince(expected string, major int) string {
	return fmt.Sprintf("%s, needed since version %d.0", expected, major)
}

// readList reads an array.
func readList[T any](d *decoder, read func(d *decoder, to *T)) []T {
	if d.next() != '[' {
		d.wrongType("array")
		return nil
	}
	list := []T{}
	start := d.pos
	if !d.enter(']') {
		return list
	}
	last := len(d.path) - 1
	var spare *T
	for i := 0; ; i++ {
		d.path[last] = step{index: i}
		to := spare
		switch {
		case d.reserve(sizeOf[T]()):
			if len(list) == cap(list) {
				list = grow(d, list, d.pos-start)
			}
			list = list[:i+1]
			to = &list[i]
		case to == nil:
			list, spare = nil, new(T)
			to = spare
		}
		read(d, to)
		if !d.nextItem(']') {
			return list
		}
	}
}

// smallList is the size of a list, in bytes, that is grown by copying.
const smallList = 32 << 10

// grow returns a list with room for more elements; text is the length of the
// text of the elements so far. A large list of small elements gets exactly as
// much room as it needs. Otherwise the list would take up to three times its
// memory while it is copied.
func grow[T any](d *decoder, list []T, text int) []T {
	if size := len(list) * sizeOf[T](); size < smallList || size < text/16 {
		return slices.Grow(list, 1)
	}
	most := (d.budget-d.memory)/max(sizeOf[T](), 1) + 1
	grown := make([]T, len(list), len(list)+min(d.elements(), most))
	copy(grown, list)
	return grown
}

// elements returns the number of elements of the array that begins at the
// current position.
func (d *decoder) elements() int {
	n, depth := 1, 0
	for i := d.pos; i < len(d.text); i++ {
		switch d.text[i] {
		case '"':
			i += stringLength(d.text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return n
			}
		case ',':
			if depth == 0 {
				n++
			}
		}
	}
	return n
}
