// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
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
	if err := d.upgrade(to); err != nil {
		return err
	}
	return nil
}

func (d *Document) upgrade(to Version) *Error {
	from, ok := d.Version(to)
	if !ok {
		return d.unknownVersion()
	}
	if from == to {
		return nil
	}
	upgraded := d.Clone()
	root := upgraded.root.(*object)
	for _, v := range versions[slices.Index(versions, from)+1:] {
		if v.Compare(to) > 0 {
			break
		}
		if v.Minor == 0 {
			if r := steps[v.Major](root); r != nil {
				return d.refused(from, v, r)
			}
		}
		upgraded.setVersion(v)
	}
	d.root = upgraded.root
	return nil
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
	root := d.root.(*object)
	fault := Fault{
		Kind:     KindUpgrade,
		Expected: fmt.Sprintf("%s, needed since version %v", r.expected, to),
		Found:    found(r.value),
	}
	if r.list == "checkouts" && from.Major < 4 {
		r.list = "revisions"
	}
	path := []string{r.list}
	value, _ := root.get(r.list)
	if list, ok := value.([]any); ok && r.index < len(list) {
		path = append(path, fmt.Sprint(r.index))
		if o, ok := list[r.index].(*object); ok {
			fault.List, fault.Index, fault.ID = r.list, r.index, objectID(o)
			if o.index(r.property) >= 0 {
				path = append(path, r.property)
			}
		}
	}
	fault.Pointer = pointer(path)
	return &Error{Faults: []Fault{fault}}
}
