// SPDX-License-Identifier: Apache-2.0

package columns

import (
	"fmt"
	"slices"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Table is the table of a list of a report, and the way to the list's objects.
type Table struct {
	List    store.List
	Columns []string // _timestamp, then the key, then all others
	Kinds   []Kind   // of the columns
	Keys    int      // number of columns in the key
	// Units are the values that are merged, which are all columns behind the key.
	// Databases keep the times of units by their indexes, so these never change.
	Units []Unit
	objects
}

// objects gives access to the objects of a list without their type.
type objects interface {
	// Len returns the number of objects.
	Len(r *report.Report) int
	// At returns object i.
	At(r *report.Report, i int) report.Object
	// Add appends an object without any property, and returns it.
	Add(r *report.Report) report.Object
	// DropLast removes the last object.
	DropLast(r *report.Report)
	// Key returns the key of object i.
	Key(r *report.Report, i int) store.Key
}

var tables = []Table{
	newTable(list[report.Checkout, *report.Checkout]{
		func(r *report.Report) *[]report.Checkout { return &r.Checkouts },
		func(c *report.Checkout) store.Key { return store.Key{ID: c.ID} },
	}, store.Checkouts),
	newTable(list[report.Build, *report.Build]{
		func(r *report.Report) *[]report.Build { return &r.Builds },
		func(b *report.Build) store.Key { return store.Key{ID: b.ID} },
	}, store.Builds),
	newTable(list[report.Test, *report.Test]{
		func(r *report.Report) *[]report.Test { return &r.Tests },
		func(t *report.Test) store.Key { return store.Key{ID: t.ID} },
	}, store.Tests),
	newTable(list[report.Issue, *report.Issue]{
		func(r *report.Report) *[]report.Issue { return &r.Issues },
		func(i *report.Issue) store.Key { return store.Key{ID: i.ID, Version: i.Version} },
	}, store.Issues),
	newTable(list[report.Incident, *report.Incident]{
		func(r *report.Report) *[]report.Incident { return &r.Incidents },
		func(i *report.Incident) store.Key { return store.Key{ID: i.ID} },
	}, store.Incidents),
}

func newTable[T any, P object[T]](l list[T, P], name store.List) Table {
	t := Table{List: name, objects: l}
	t.collect(P(new(T)))
	return t
}

// Of returns the table of a list.
func Of(l store.List) Table {
	t := tables[slices.IndexFunc(tables, func(t Table) bool { return t.List == l })]
	t.Columns = slices.Clone(t.Columns) // drivers may rename columns
	return t
}

// Index returns the index of a column of the table.
func (t *Table) Index(column string) int {
	i := slices.Index(t.Columns, column)
	if i < 0 {
		panic(fmt.Sprintf("the table of %s has no column %s", t.List, column))
	}
	return i
}

// Repeats reports whether a report has an object of the list more than once.
func (t *Table) Repeats(r *report.Report) bool {
	n := t.Len(r)
	seen := make(map[store.Key]bool, n)
	for i := range n {
		k := t.Key(r, i)
		if seen[k] {
			return true
		}
		seen[k] = true
	}
	return false
}

// object is a pointer to an object.
type object[T any] interface {
	*T
	report.Object
}

// list is a list of a report.
type list[T any, P object[T]] struct {
	of  func(*report.Report) *[]T
	key func(*T) store.Key
}

func (l list[T, P]) Len(r *report.Report) int                 { return len(*l.of(r)) }
func (l list[T, P]) At(r *report.Report, i int) report.Object { return P(&(*l.of(r))[i]) }
func (l list[T, P]) Key(r *report.Report, i int) store.Key    { return l.key(&(*l.of(r))[i]) }

func (l list[T, P]) Add(r *report.Report) report.Object {
	objects := l.of(r)
	*objects = append(*objects, *new(T))
	return P(&(*objects)[len(*objects)-1])
}

func (l list[T, P]) DropLast(r *report.Report) {
	objects := l.of(r)
	*objects = (*objects)[:len(*objects)-1]
}
