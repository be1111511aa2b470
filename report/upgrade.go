// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strconv"
)

// Upgrade turns the report into one of a later version; one of that version
// already is left as it is. Nothing is validated: a valid report of version
// 3.0 or later becomes a valid one, an older one may not.
//
// The error is an *Error, and the report unchanged then. Its fault is of
// KindUpgrade where the report says what a later version has no way to
// say, such as a git:// URL since 5.0, or of KindVersion where there is no such
// version, or it is newer than the one asked for.
func (d *Document) Upgrade(to Version) error {
	u, err := d.upgraded(to)
	if err != nil {
		return err
	}
	d.root = u.root
	return nil
}

// upgraded returns the report in a later version: the document itself if it is
// of that version, and else one that shares nothing with it.
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

// steps has the changes that make a report one of a major version, out of
// one of the version before. Minor versions change no data.
var steps = [...]func(root *object) *refusal{
	2: upgradeTo2,
	3: upgradeTo3,
	4: upgradeTo4,
	5: upgradeTo5,
}

// refusal is why a report cannot be upgraded, in the terms of the step that
// found out.
type refusal struct {
	list     string // the object's list, or a member of the report that is none
	index    int    // its place there
	property string // what of it, "" if that is not known
	expected string
	value    any
}

// refused returns the error of a refusal, in the terms of the report as it was
// before.
func (d *Document) refused(from, to Version, r *refusal) *Error {
	fault := Fault{
		Kind:     KindUpgrade,
		Expected: fmt.Sprintf("%s, needed since version %v", r.expected, to),
		Found:    found(r.value),
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

// object returns the object at a place in one of the report's lists.
func (d *Document) object(list string, index int) (*object, bool) {
	value, _ := child(d.root, list)
	element, _ := child(value, strconv.Itoa(index))
	o, ok := element.(*object)
	return o, ok
}
