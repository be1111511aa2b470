// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"slices"
)

// Document is a report of any version of the schema, valid or not, as it was written: with
// all members in their order, and with the text of numbers, so that 1.0 stays 1.0 and
// integers keep all digits.
//
// It serves tools that work with older versions: it validates, upgrades, merges and counts
// by the rules of each version. Programs that work with objects use Decode and a Report.
type Document struct {
	root any
	text []byte // the text that was parsed, until the document is changed
}

// NewDocument returns a report without objects.
func NewDocument(v Version) *Document {
	d := &Document{root: &object{}}
	d.setVersion(v)
	return d
}

// ParseDocument reads a text that holds one JSON value. It does not check whether the
// value is a report; Validate does.
//
// The text may have some values that are not JSON, because readers of reports have always
// accepted them: repeated members (the last one counts), the numbers NaN, Infinity and
// -Infinity, and halves of surrogate pairs. Validate reports them as faults. The error is
// an *Error of KindSyntax or KindDepth.
func ParseDocument(text []byte) (*Document, error) {
	d, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func parseDocument(text []byte) (*Document, *Error) {
	root, _, _, err := readTree(text)
	if err != nil {
		return nil, err
	}
	return &Document{root, bytes.Clone(text)}, nil
}

// JSON returns the report as compact JSON: the version, the lists from parents to
// children, then members that no version knows. The members of objects keep their order.
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
	return &Document{clone(d.root), d.text}
}

// Count returns the number of objects. It fails if the version of the report does not
// exist.
func (d *Document) Count() (int, error) {
	root, v, err := d.knownRoot("count")
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
// order and with repetitions. An ID consists of the values of the identifying properties
// in the report's version: usually the id alone, id and version of an issue, origin and
// origin_id in version 1.1. In a valid report they are strings and json.Numbers. The value
// of an absent property is nil.
func (d *Document) IDs() (map[string][][]any, error) {
	root, v, err := d.knownRoot("list the IDs of")
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

// knownRoot returns the root of the report and its version. It returns an error if the
// version does not exist.
func (d *Document) knownRoot(operation string) (*object, Version, error) {
	v, ok := d.Version(latest)
	if !ok {
		return nil, Version{}, fmt.Errorf("cannot %s the report: %w", operation, d.unknownVersion(latest))
	}
	return d.root.(*object), v, nil
}
