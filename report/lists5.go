// SPDX-License-Identifier: Apache-2.0

package report

// list5 is one of the lists of objects of a report of 5.x.
type list5[T any] struct {
	name  string
	shape *shape[T]
	of    func(*Report) *[]T
	id    func(*T) string
}

// objects5 is a list of any type.
type objects5 interface {
	present(r *Report)
	readNext(d *decoder, r *Report)
}

var (
	checkouts = &list5[Checkout]{"checkouts", checkoutShape,
		func(r *Report) *[]Checkout { return &r.Checkouts }, func(c *Checkout) string { return c.ID }}
	builds = &list5[Build]{"builds", buildShape,
		func(r *Report) *[]Build { return &r.Builds }, func(b *Build) string { return b.ID }}
	tests = &list5[Test]{"tests", testShape,
		func(r *Report) *[]Test { return &r.Tests }, func(t *Test) string { return t.ID }}
	issues = &list5[Issue]{"issues", issueShape,
		func(r *Report) *[]Issue { return &r.Issues }, func(i *Issue) string { return i.ID }}
	incidents = &list5[Incident]{"incidents", incidentShape,
		func(r *Report) *[]Incident { return &r.Incidents }, func(i *Incident) string { return i.ID }}
)

// lists5 has the lists by name.
var lists5 = map[string]objects5{
	checkouts.name: checkouts, builds.name: builds, tests.name: tests, issues.name: issues, incidents.name: incidents,
}

// read reads the whole list.
func (l *list5[T]) read(d *decoder, r *Report) {
	*l.of(r) = readList(d, l.readOne)
}

// readOne reads one object of the list, and says of its faults that they are
// in it. The path leads to the object.
func (l *list5[T]) readOne(d *decoder, to *T) {
	faults, index := len(d.faults), d.path[1].index
	readObject(d, l.shape, to)
	if len(d.faults) > faults {
		d.locate(faults, l.name, index, l.id(to))
	}
}

// present makes the list one that is there, if it is not.
func (l *list5[T]) present(r *Report) {
	if list := l.of(r); *list == nil {
		*list = []T{}
	}
}

// readNext reads one more object of the list.
func (l *list5[T]) readNext(d *decoder, r *Report) {
	list := l.of(r)
	*list = append(*list, *new(T))
	l.readOne(d, &(*list)[len(*list)-1])
}
