// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strconv"
)

// Upgrade changes the report to a later version. It leaves a report of that version
// unchanged. It does not validate: a valid report of version 3.0 or later stays valid, an
// older report may not.
//
// If Upgrade returns an *Error, the report is unchanged. The fault has KindUpgrade if a
// later version cannot express a value, such as a git:// URL since 5.0. It has KindVersion
// if the version of the report does not exist, or is newer than the wanted version.
func (d *Document) Upgrade(to Version) error {
	u, err := d.upgraded(to)
	if err != nil {
		return err
	}
	*d = *u
	return nil
}

// upgraded returns the report in a later version: the document itself if it has that
// version, and otherwise a new document that shares nothing with it.
func (d *Document) upgraded(to Version) (*Document, *Error) {
	from, ok := d.Version(to)
	if !ok {
		return nil, d.unknownVersion(to)
	}
	if from == to {
		return d, nil
	}
	u := d.Clone()
	root := u.root.(*object)
	for _, v := range versions[slices.Index(versions, from)+1:] {
		if v.Compare(to) > 0 {
			break
		}
		if v.Minor == 0 {
			if r := steps[v.Major](root); r != nil {
				return nil, d.refused(from, v, r)
			}
		}
		u.setVersion(v)
	}
	return u, nil
}

// steps convert a report from the previous major version to each major
// version. Minor versions change no data.
var steps = [...]func(root *object) *refusal{
	2: upgradeTo2,
	3: upgradeTo3,
	4: upgradeTo4,
	5: upgradeTo5,
}

// refusal is the reason why a report cannot be upgraded, in the terms of the
// step that found it.
type refusal struct {
	list     string // the object's list, or another member of the report
	index    int    // its place there
	property string // what of it, "" if that is not known
	expected string
	value    any
}

// refused returns the error for a refusal, in the terms of the report before
// the upgrade.
func (d *Document) refused(from, to Version, r *refusal) *Error {
	fault := Fault{
		Kind:     KindUpgrade,
		Expected: fmt.Sprintf("%s, needed since version %v", r.expected, to),
		Found:    describeValue(r.value),
	}
	if r.list == "checkouts" && from.Major < 4 {
		r.list = "revisions"
	}
	if r.property == "id" && from.Major < 2 {
		r.property = "origin"
	}
	path := []string{r.list}
	if o, ok := d.object(r.list, r.index); ok {
		fault.List, fault.Index, fault.ID = r.list, r.index, objectID(o)
		path = append(path, strconv.Itoa(r.index))
		if o.index(r.property) >= 0 {
			path = append(path, r.property)
		}
	}
	fault.Pointer = pointer(path)
	return &Error{Faults: []Fault{fault}}
}

// object returns the object at a position in a list of the report.
func (d *Document) object(list string, index int) (*object, bool) {
	value, _ := child(d.root, list)
	element, _ := child(value, strconv.Itoa(index))
	o, ok := element.(*object)
	return o, ok
}

// child returns a member or an element of a value, and its position.
func child(value any, name string) (any, int) {
	switch value := value.(type) {
	case *object:
		if i := value.index(name); i >= 0 {
			return value.members[i].value, i
		}
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i < len(value) {
			return value[i], i
		}
	}
	return nil, 0
}

// objectID returns the ID of an object for messages, or "" without an ID.
func objectID(o *object) string {
	if id := o.text("id"); id != "" {
		return excerpt(id)
	}
	if id := o.text("origin_id"); id != "" {
		return excerpt(o.text("origin") + ":" + id)
	}
	return ""
}
