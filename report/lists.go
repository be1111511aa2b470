// SPDX-License-Identifier: Apache-2.0

package report

import (
	"iter"
	"slices"
)

// list is a list of objects in reports, with the versions that have it.
type list struct {
	name string
	id   []string // the properties that identify an object
}

// lists returns the lists that reports of a version have, parents before
// children.
func lists(v Version) []list {
	id := []string{"id"}
	if v.Major == 1 {
		id = []string{"origin", "origin_id"}
	}
	all := []list{{"checkouts", id}, {"builds", id}, {"tests", id}}
	if v.Major < 4 {
		all[0].name = "revisions"
	}
	if v.Compare(Version{4, 1}) >= 0 {
		all = append(all, list{"issues", []string{"id", "version"}}, list{"incidents", id})
	}
	return all
}

// rootMembers are the members of reports in any version, in the order in which
// they are written.
var rootMembers = []string{
	"version", "revisions", "checkouts", "builds", "tests", "issues", "incidents",
}

// memberRank returns the position of a member in a written report.
func memberRank(name string) int {
	if i := slices.Index(rootMembers, name); i >= 0 {
		return i
	}
	return len(rootMembers)
}

// byRank compares members of a report by their written order.
func byRank(a, b member) int { return memberRank(a.name) - memberRank(b.name) }

// indexed iterates over the objects in a member, with their positions, if the
// member is a list.
func (o *object) indexed(name string) iter.Seq2[*object, int] {
	return func(yield func(*object, int) bool) {
		value, _ := o.get(name)
		elements, _ := value.([]any)
		for i, element := range elements {
			if o, ok := element.(*object); ok && !yield(o, i) {
				return
			}
		}
	}
}

// objects iterates over the objects in a member, if the member is a list.
func (o *object) objects(name string) iter.Seq[*object] {
	return func(yield func(*object) bool) {
		for object := range o.indexed(name) {
			if !yield(object) {
				return
			}
		}
	}
}

// append appends elements to a member that is a list, and creates the list if
// necessary.
func (o *object) append(name string, elements ...any) {
	value, _ := o.get(name)
	list, ok := value.([]any)
	if !ok {
		list = []any{}
	}
	o.set(name, append(list, elements...))
}
