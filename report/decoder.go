// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// decode reads a report of a version in one pass over its bytes, judging it by
// the version's schema as it goes, and turning its objects into those of the
// latest version. It returns everything that is wrong with the report, or with
// its upgrade. Without build it only judges, and returns a report of nothing.
func decode(ctx context.Context, text []byte, v Version, build bool) (*decoder, *Report, error) {
	d := newDecoder(text, v)
	d.ctx, d.stops = ctx, true
	d.builds, d.budget = build, memoryBudget(len(text))
	r := new(Report)
	if err := d.run(func() { readObject(d, d.shapes.report, r) }); err != nil {
		return d, nil, err
	}
	d.addWaived(r)
	return d, r, nil
}

// Objects may take memoryPerByte times the memory of the report's text, and
// spareMemory in addition: enough for all but large reports of objects with
// next to nothing in them.
const (
	memoryPerByte = 5
	spareMemory   = 1 << 20
)

// memoryBudget is how much memory the objects of a report may take whose text
// is of a size.
func memoryBudget(size int) int { return memoryPerByte*size + spareMemory }

// decoder reads a report into the typed objects of the latest version, judging
// it by the schema of its own version as it goes.
type decoder struct {
	scanner
	*edition
	keeper  keeper
	builds  bool // whether objects are kept
	memory  int  // what the objects take, or would
	budget  int  // how much they may
	objects int  // objects read
	guess   [maxShapes][maxProperties + 1]uint8
	spares  [maxShapes]any // an object of each shape, for those not kept
	excerpt repeated

	// Of reports before 5.0.
	names    objectNames
	unfit    collector // what the latest version cannot say
	waived   []waiver  // the tests that were
	waivings int       // how many that are
}

// newDecoder returns a decoder of one text, which builds objects without a
// bound on their memory.
func newDecoder(text []byte, v Version) *decoder {
	return &decoder{scanner: scanner{text: text, offset: -1}, edition: editions[v](), builds: true, budget: math.MaxInt}
}

// run has a whole text read and returns what is wrong with it.
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

// fault returns what was found wrong, nil for nothing.
func (d *decoder) fault() error {
	if e := d.err(); e != nil {
		return e
	}
	if e := d.unfit.err(); e != nil {
		return e
	}
	return nil
}

// take accounts for memory of an object, and reports whether to build it:
// nothing is built any more once there is a fault.
func (d *decoder) take(bytes int) bool {
	d.memory += bytes
	if d.memory > d.budget && len(d.faults) == 0 {
		path := d.path
		d.path = nil
		d.note(KindSize, fmt.Sprintf("objects that need at most %d times the memory of their text", memoryPerByte),
			"too many objects with next to nothing in them: send less in a report", false)
		d.path = path
	}
	return d.builds && d.good()
}

// good reports whether nothing was found wrong so far.
func (d *decoder) good() bool { return len(d.faults) == 0 && len(d.unfit.faults) == 0 }

// cannotUpgrade notes that the latest version has no way to say the current
// value, or the value of a member of the current object if name is not "".
func (d *decoder) cannotUpgrade(name, expected string, value []byte) {
	if name != "" {
		d.path = append(d.path, step{name: []byte(name)})
		defer func() { d.path = d.path[:len(d.path)-1] }()
	}
	d.unfit.add(Fault{Kind: KindUpgrade, Pointer: d.pointer(), Expected: expected, Found: foundText(value)}, false)
}

// neededSince says that something is expected because of a version.
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
		case d.take(sizeOf[T]()):
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
		if !d.more(']') {
			return list
		}
	}
}

// smallList is the size of a list, in bytes, that is grown by copying.
const smallList = 32 << 10

// grow returns a list, whose elements so far have a text of some length, with
// room for more. A large list of small elements gets room for exactly those that
// come: otherwise it would take up to three times the memory while it is copied.
func grow[T any](d *decoder, list []T, text int) []T {
	if size := len(list) * sizeOf[T](); size < smallList || size < text/16 {
		return slices.Grow(list, 1)
	}
	most := (d.budget-d.memory)/max(sizeOf[T](), 1) + 1
	grown := make([]T, len(list), len(list)+min(d.elements(), most))
	copy(grown, list)
	return grown
}

// elements returns the number of elements of an array from the current position
// on, which is the beginning of one.
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
