// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
)

// SiftOptions are the options of Sift.
type SiftOptions struct {
	// Origin reports whether the sender may report objects of an origin, as for DecodeFor.
	// A nil Origin allows all.
	Origin func(name string) bool
}

// Sifted is a report whose objects with faults were taken out.
type Sifted struct {
	Version  Version    // of the report as written
	Report   *Report    // the objects without faults, in the latest version; nil from SiftCheck and Repaired
	Objects  int        // the number of objects without faults, in the latest version
	Rejected []Rejected // the objects with faults, in document order
	Repairs  []Repair   // the first MaxRepairs repairs of objects without faults, in document order
	// Counts has the number of all repairs, by kind.
	Counts map[RepairKind]int
}

// Rejected is an object with faults.
type Rejected struct {
	List  string // "tests"
	Index int    // its place in List, from 0
	ID    string // "" if it has none; U+FFFD replaces NUL characters and others that are not Unicode

	// Document is a report of the same version with this object alone, as written, except
	// that U+FFFD replaces bytes that are not UTF-8. It is nil from SiftCheck.
	Document []byte

	Faults []Fault // at least one; the first few of an object with many
	More   int     // the number of other faults found
}

// MaxRejected is the maximum number of objects with faults in a report. A report with more
// is refused.
const MaxRejected = 1000

// Sift reads a report like Decode, and takes out the objects with faults. It repairs each
// value that needs no guess (see RepairKind), so that it is no fault. A valid report has the
// objects that Decode returns, no rejected objects and no repairs.
//
// The error is an *Error if the fault is one of the report and not of an object: the text is
// not JSON, the version or another member of the report is wrong, or more than MaxRejected
// objects have faults. If the context ends, the error is the cause of its end.
//
// For any text, Sift takes at most 12 times its length in memory, and some 5 MiB. For a valid
// report, it takes about as long as Decode. Each fault and each repair takes some microseconds
// more: a report with hundreds of them took 3 times longer, and one made to be slow 10 times.
func Sift(ctx context.Context, text []byte, o SiftOptions) (*Sifted, error) {
	s := newSifter(o)
	s.documents = true
	return s.sift(ctx, text, true)
}

// SiftCheck is Sift, but builds neither objects nor documents. For any text, it takes at most
// 10 times its length in memory, and some 5 MiB.
func SiftCheck(ctx context.Context, text []byte, o SiftOptions) (*Sifted, error) {
	return newSifter(o).sift(ctx, text, false)
}

// Repaired is SiftCheck with the documents of rejected objects. It also returns the text of
// the report in its version, with the repairs, and without the rejected objects.
func Repaired(ctx context.Context, text []byte, o SiftOptions) (repaired []byte, _ *Sifted, err error) {
	s := newSifter(o)
	s.documents, s.wholeText = true, true
	sifted, err := s.sift(ctx, text, false)
	if err != nil {
		return nil, nil, err
	}
	s.d.mend.copyTo(s.d.text, len(s.d.text))
	return s.d.mend.out, sifted, nil
}

// Repaired returns the number of repairs.
func (s *Sifted) Repaired() (n int) {
	for _, count := range s.Counts {
		n += count
	}
	return n
}

// Err returns the faults of the rejected objects as one error, or nil.
func (s *Sifted) Err() *Error {
	if len(s.Rejected) == 0 {
		return nil
	}
	e := new(Error)
	e.addRejected(s.Rejected)
	return e
}

// addRejected adds the faults of rejected objects, and counts those beyond MaxFaults.
func (e *Error) addRejected(rejected []Rejected) {
	for _, r := range rejected {
		n := min(len(r.Faults), MaxFaults-len(e.Faults))
		e.Faults = append(e.Faults, r.Faults[:n]...)
		e.More += len(r.Faults) - n + r.More
	}
}

// byteOrderMark may begin a text in UTF-8. JSON does not allow it.
const byteOrderMark = "\uFEFF"

// sifter takes the objects with faults out of a report while a decoder reads it.
type sifter struct {
	options   SiftOptions
	documents bool // whether to make the documents of rejected objects
	wholeText bool // whether to keep the repaired text of the whole report
	d         *decoder
	rejected  []Rejected
	listed    int // the number of faults in rejected
	repairs   []Repair
	counts    map[RepairKind]int
}

func newSifter(o SiftOptions) *sifter {
	return &sifter{options: o, counts: make(map[RepairKind]int)}
}

// sift reads a report. With build it builds the objects without faults.
func (s *sifter) sift(ctx context.Context, text []byte, build bool) (*Sifted, error) {
	text, marked := bytes.CutPrefix(text, []byte(byteOrderMark))
	v, err := versionWith(ctx, text, newMender())
	if err != nil {
		return nil, err
	}
	d := newDecoder(text, v)
	d.ctx, d.stops = ctx, true
	d.edition, d.mend, d.sifter = mendingEditions[v](), newMender(), s
	d.builds, d.budget = build, memoryBudget(len(text))
	d.origins.allowed = s.options.Origin
	s.d = d
	if marked {
		d.noteRepair(RepairMark, "skipped the byte order mark before the report")
	}
	if s.wholeText {
		d.mend.out = make([]byte, 0, len(text))
	}
	r := new(Report)
	if err := d.run(func() { readObject(d, d.shapes.report, r) }); err != nil {
		return nil, s.refusal(err)
	}
	d.addWaived(r)
	s.takeRepairs("", 0, "")
	sifted := &Sifted{
		Version: v, Objects: d.objects - len(s.rejected) + d.added(),
		Rejected: s.rejected, Repairs: s.repairs, Counts: s.counts,
	}
	if build {
		sifted.Report = r
	}
	return sifted, nil
}

// refusal adds the faults of rejected objects to the faults of the report.
func (s *sifter) refusal(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && !e.isOfText() {
		e.addRejected(s.rejected)
	}
	return err
}

// siftList reads an array of objects like readList, without the objects that have faults.
func siftList[T any](d *decoder, read func(d *decoder, to *T)) []T {
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
	var spare T
	for i := 0; ; i++ {
		d.path[last] = step{index: i}
		to, n := &spare, len(list)
		if d.builds {
			if n == cap(list) {
				list = grow(d, list, d.pos-start)
			}
			list = list[:n+1]
			to = &list[n]
		}
		good := d.sifter.object(func() {
			d.reserve(sizeOf[T]())
			read(d, to)
		})
		if d.builds && !good {
			*to = *new(T)
			list = list[:n]
		}
		if !d.nextItem(']') {
			return list
		}
	}
}

// Bounds of the faults that are kept. An object is read until maxPerObject faults were found.
// The first listedPerObject of them are listed, or one if maxListed faults were listed before.
const (
	maxPerObject    = 20
	listedPerObject = 10
	maxListed       = 1000
)

// object reads an object with read, and reports whether it has no faults. Otherwise the
// object is rejected, and the decoder is as if the object were not there.
func (s *sifter) object(read func()) bool {
	d, m := s.d, s.d.mend
	d.next()
	start, path := d.pos, d.path
	if !s.wholeText {
		m.out, m.copied = m.out[:0], start
	}
	outside, outsideUnfit := d.collector, d.unfit
	d.collector, d.unfit = collector{most: maxPerObject}, collector{most: maxPerObject}
	waived, waivings := len(d.waived), d.waivings
	written, copied := len(m.out), m.copied
	s.takeRepairs("", 0, "")

	stopped := stops(read)
	if d.memory > d.budget {
		panic(&Error{Faults: []Fault{{Kind: KindSize, Expected: expectedDense, Found: foundSparse}}})
	}
	faults, _ := d.fault().(*Error)
	d.collector, d.unfit = outside, outsideUnfit
	if faults == nil {
		s.takeRepairs(string(path[0].name), path[1].index, d.names.full(d.v))
		return true
	}
	d.path = path
	if stopped {
		s.skipRest(start)
	}
	d.waived, d.waivings = d.waived[:waived], waivings
	d.excerpt.written = d.excerpt.written[:0] // its value may not have been kept
	m.out, m.copied, m.free = m.out[:written], copied, false
	m.forget()
	s.reject(faults, d.text[start:d.pos])
	if s.wholeText {
		m.cut(d.text, start, d.pos)
	}
	return false
}

// takeRepairs takes the repairs of an object from the mender, or with the list "" those
// outside of objects.
func (s *sifter) takeRepairs(list string, index int, id string) {
	m := s.d.mend
	for _, r := range m.repairs {
		r.List, r.Index, r.ID = list, index, excerpt(id)
		s.repairs = append(s.repairs, r)
	}
	for kind, n := range m.counts {
		s.counts[kind] += n
	}
	m.forget()
	m.most = MaxRepairs - len(s.repairs)
}

// stops calls read, and reports whether it ended early, after enough faults.
func stops(read func()) (stopped bool) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case halt:
			if p.err != nil {
				panic(p)
			}
			stopped = true
		default:
			panic(p)
		}
	}()
	read()
	return false
}

// skipRest goes to the end of an object that was not read to its end.
func (s *sifter) skipRest(start int) {
	d := s.d
	rest := scanner{text: d.text, pos: start, offset: -1, path: d.path[:2:2], ctx: d.ctx, mend: newMender()}
	rest.most = 1
	rest.skip()
	d.pos = rest.pos
}

// reject notes an object with faults.
func (s *sifter) reject(e *Error, text []byte) {
	if len(s.rejected) == MaxRejected {
		panic(&Error{Faults: []Fault{{
			Kind: KindSize, Expected: fmt.Sprintf("at most %d objects with faults in a report", MaxRejected), Found: "more",
		}}})
	}
	f := e.Faults[0]
	listed := listedPerObject
	if s.listed >= maxListed {
		listed = 1
	}
	listed = min(listed, len(e.Faults))
	s.listed += listed
	r := Rejected{
		List: f.List, Index: f.Index, ID: string(appendMended(nil, []byte(s.d.names.full(s.d.v)))),
		Faults: slices.Clone(e.Faults[:listed]), More: e.More + len(e.Faults) - listed,
	}
	if s.documents {
		r.Document = s.document(f.List, text)
	}
	s.rejected = append(s.rejected, r)
}

// document returns a report with one object.
func (s *sifter) document(list string, object []byte) []byte {
	v := s.d.v
	doc := fmt.Appendf(nil, `{"version":{"major":%d,"minor":%d},%q:[`, v.Major, v.Minor, list)
	doc = append(doc, bytes.ToValidUTF8(object, []byte("\uFFFD"))...)
	return append(doc, "]}"...)
}
