// SPDX-License-Identifier: Apache-2.0

package report

// objectList is one of the lists of objects of a report.
type objectList[T any] struct {
	name  string
	shape func(*objectShapes) *shape[T]
	of    func(*Report) *[]T
}

// anyList is a list of any type.
type anyList interface {
	setPresent(r *Report)
	readNext(d *decoder, r *Report)
}

var (
	checkouts = &objectList[Checkout]{"checkouts",
		func(s *objectShapes) *shape[Checkout] { return s.checkout }, func(r *Report) *[]Checkout { return &r.Checkouts }}
	builds = &objectList[Build]{"builds",
		func(s *objectShapes) *shape[Build] { return s.build }, func(r *Report) *[]Build { return &r.Builds }}
	tests = &objectList[Test]{"tests",
		func(s *objectShapes) *shape[Test] { return s.test }, func(r *Report) *[]Test { return &r.Tests }}
	issues = &objectList[Issue]{"issues",
		func(s *objectShapes) *shape[Issue] { return s.issue }, func(r *Report) *[]Issue { return &r.Issues }}
	incidents = &objectList[Incident]{"incidents",
		func(s *objectShapes) *shape[Incident] { return s.incident }, func(r *Report) *[]Incident { return &r.Incidents }}
)

// objectLists has the lists by name.
var objectLists = map[string]anyList{
	checkouts.name: checkouts, builds.name: builds, tests.name: tests, issues.name: issues, incidents.name: incidents,
}

// read reads the whole list.
func (l *objectList[T]) read(d *decoder, r *Report) {
	if d.sifter != nil {
		*l.of(r) = siftList(d, l.readOne)
		return
	}
	*l.of(r) = readList(d, l.readOne)
}

// readOne reads one object of the list, and sets the object of its faults. The
// path leads to the object.
func (l *objectList[T]) readOne(d *decoder, to *T) {
	d.objects++
	d.names.reset()
	at, faults, unfit := d.path[:2], len(d.faults), len(d.unfit.faults)
	// Reading may end here by a panic, after enough faults.
	defer func() {
		if len(d.faults) > faults || len(d.unfit.faults) > unfit {
			list, index, id := string(at[0].name), at[1].index, d.names.display(d.v)
			d.locate(faults, list, index, id)
			d.unfit.locate(unfit, list, index, id)
		}
	}()
	readObject(d, l.shape(&d.shapes), to)
	if d.origins.allowed != nil {
		d.checkOrigins()
	}
}

// setPresent makes an absent list an empty list.
func (l *objectList[T]) setPresent(r *Report) {
	if list := l.of(r); *list == nil {
		*list = []T{}
	}
}

// readNext reads one more object of the list.
func (l *objectList[T]) readNext(d *decoder, r *Report) {
	list := l.of(r)
	*list = append(*list, *new(T))
	l.readOne(d, &(*list)[len(*list)-1])
}
