// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
)

// Document is a report of any version of the schema, or what claims to be one,
// as it was written: all members kept, in their order, and numbers to the
// letter, so that 1.0 stays 1.0 and integers of any size survive.
//
// It serves everything that is not about the latest version: validating,
// upgrading, merging and counting as the versions' rules are. Programs that
// work with what reports say use Decode and a Report instead.
type Document struct {
	root  any
	notes []collected // faults of the text it was read from
	more  int         // those beyond what is kept
}

// NewDocument returns a report without objects.
func NewDocument(v Version) *Document {
	d := &Document{root: &object{}}
	d.setVersion(v)
	return d
}

// ParseDocument reads a text that holds one JSON value. Whether that is
// a report is for Validate to say.
//
// The text may be less strict than JSON in what readers of reports have
// always taken: repeated members, of which the last counts, the numbers
// NaN, Infinity and -Infinity, and halves of surrogate pairs. Validate
// finds fault with these. An error is an *Error, of KindSyntax or KindDepth.
func ParseDocument(text []byte) (*Document, error) {
	d, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func parseDocument(text []byte) (*Document, *Error) {
	root, notes, more, err := readTree(text)
	if err != nil {
		return nil, err
	}
	return &Document{root, notes, more}, nil
}

// JSON returns the report as compact JSON: the version, the lists from
// parents to children, then members no version knows; members of objects in
// the order they came in.
func (d *Document) JSON() []byte {
	root, ok := d.root.(*object)
	if !ok {
		return appendValue(nil, d.root)
	}
	ordered := &object{slices.Clone(root.members)}
	slices.SortStableFunc(ordered.members, byRank)
	return appendValue(nil, ordered)
}

// Clone returns a copy that shares nothing with the document.
func (d *Document) Clone() *Document {
	return &Document{clone(d.root), d.notes, d.more}
}

// Count returns the number of objects. It fails for a report of a version
// there is not.
func (d *Document) Count() (int, error) {
	root, v, err := d.known("count")
	if err != nil {
		return 0, err
	}
	count := 0
	for _, list := range lists(v) {
		value, _ := root.get(list.name)
		objects, _ := value.([]any)
		count += len(objects)
	}
	return count, nil
}

// IDs returns the IDs of the objects in each list that is not empty, in
// order and with repetitions. An ID is the values of the properties that make
// it up in the report's version: the id alone mostly, id and version of an
// issue, origin and origin_id in version 1.1. They are strings and
// json.Numbers in a valid report, nil where an object lacks one.
func (d *Document) IDs() (map[string][][]any, error) {
	root, v, err := d.known("list the IDs of")
	if err != nil {
		return nil, err
	}
	ids := make(map[string][][]any)
	for _, list := range lists(v) {
		for o := range root.objects(list.name) {
			id := make([]any, len(list.id))
			for i, name := range list.id {
				id[i], _ = o.get(name)
			}
			ids[list.name] = append(ids[list.name], id)
		}
	}
	return ids, nil
}

// known returns the root of a report of a version there is.
func (d *Document) known(operation string) (*object, Version, error) {
	v, ok := d.Version(latest)
	if !ok {
		return nil, Version{}, fmt.Errorf("cannot %s the report: %w", operation, d.unknownVersion(latest))
	}
	return d.root.(*object), v, nil
}
