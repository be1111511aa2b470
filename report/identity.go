// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"slices"
)

// objectNames are the texts that form an object's identity, as in the report,
// until the object is read.
type objectNames struct {
	origin, id, parentOrigin, parent []byte
	joined                           []byte // a buffer
	waived                           bool
}

func (n *objectNames) reset() {
	n.origin, n.id, n.parentOrigin, n.parent = n.origin[:0], n.id[:0], n.parentOrigin[:0], n.parent[:0]
	n.waived = false
}

// display returns the object's name for error messages.
func (n *objectNames) display(v Version) string { return excerpt(n.full(v)) }

// full returns the object's ID, with its origin.
func (n *objectNames) full(v Version) string {
	if v.Major == 1 && len(n.id) > 0 {
		return string(n.origin) + ":" + string(n.id)
	}
	return string(n.id)
}

// identityPart reads a string, which is a part of an object's identity, into to. It is
// cut if it is too long; the cut is noted.
func (d *decoder) identityPart(to []byte, r *rule) []byte {
	return cutPart(to, d.ruledString(r, ruleIndexed))
}

func cutPart(to, value []byte) []byte { return append(to[:0], value[:min(len(value), maxIndexed)]...) }

// id reads the ID of an object, for versions in which it has the present form.
func (d *decoder) id() string {
	value := d.ruledString(d.rules.id, ruleIndexed)
	d.names.id = cutPart(d.names.id, value)
	return d.keepText(value)
}

func (d *decoder) origin() string {
	value := d.ruledString(ruleOrigin, ruleIndexed)
	d.names.origin = cutPart(d.names.origin, value)
	return d.keepText(value)
}

// parent reads the ID of another object.
func (d *decoder) parent() string { return d.string(d.rules.id, ruleIndexed) }

func (d *decoder) optParent() *string { return d.optString(d.rules.id, ruleIndexed) }

// named splits what identifies the object into its origin and the rest. It is
// false without an origin, which is noted.
func (d *decoder) named() (origin, rest []byte, ok bool) {
	n := &d.names
	switch d.v.Major {
	case 1:
		if len(n.origin) == 0 || span(n.origin, classOrigin) < len(n.origin) {
			const expected = `an ID with an origin of lower-case letters, digits and "_"`
			d.cannotUpgrade("origin", neededSince(expected, 3), bytes.Join([][]byte{n.origin, n.id}, []byte(":")))
			return nil, nil, false
		}
		return n.origin, n.id, true
	case 2:
		origin, rest, _ = bytes.Cut(n.id, []byte(":"))
		return origin, rest, true
	}
	return n.origin, n.id, true
}

// joined returns an ID made of texts, and notes a fault if it is too long for
// the latest version. member is the member that most of the ID comes from.
func (d *decoder) joined(member string, texts ...[]byte) string {
	id := d.names.joined[:0]
	for _, text := range texts {
		id = append(id, text...)
	}
	d.names.joined = id
	if len(id) > maxIndexed {
		d.cannotUpgrade(member, neededSince(expectedIndexed, latest.Major), id)
	}
	return d.keepText(id)
}

// idMember is the member that contains the object's ID without its origin.
func (d *decoder) idMember() string {
	if d.v.Major == 1 {
		return "origin_id"
	}
	return "id"
}

// endCheckout turns a revision into the origin's checkout of the revision.
func endCheckout(d *decoder, to *Checkout) {
	if d.v.Major > 3 {
		return
	}
	origin, revision, ok := d.named()
	if !ok {
		return
	}
	if d.v.Major < 3 {
		to.Origin = d.keepText(origin)
	}
	to.ID = d.joined(d.idMember(), []byte("_:"), origin, []byte(":"), revision)
	_, patchset, _ := bytes.Cut(revision, []byte("+"))
	patchset, _, _ = bytes.Cut(patchset, []byte("+"))
	if !validPatchsetHash(patchset) {
		d.cannotUpgrade(d.idMember(), expectation(rulePatchsetHash, "patchset_hash"), patchset)
	}
	to.PatchsetHash = d.keptPointer(patchset)
}

// endBuild ties the build to its origin's checkout of the revision.
func endBuild(d *decoder, to *Build) {
	if d.v.Major > 3 {
		return
	}
	origin, rest, ok := d.named()
	if !ok {
		return
	}
	n := &d.names
	if d.v.Major < 3 {
		to.Origin = d.keepText(origin)
	}
	member, revision := "revision_id", n.parent
	switch d.v.Major {
	case 1:
		to.ID = d.joined("origin_id", origin, []byte(":"), rest)
		member = "revision_origin_id"
	case 2:
		_, revision, _ = bytes.Cut(revision, []byte(":"))
	}
	to.CheckoutID = d.joined(member, []byte("_:"), origin, []byte(":"), revision)
}

// endTest turns a waived test into a test with an incident, which is added at
// the end of the report.
func endTest(d *decoder, to *Test) {
	if d.v.Major > 4 {
		return
	}
	n := &d.names
	if d.v.Major < 3 {
		origin, rest, ok := d.named()
		if !ok {
			return
		}
		to.Origin = d.keepText(origin)
		if d.v.Major == 1 {
			to.ID = d.joined("origin_id", origin, []byte(":"), rest)
			to.BuildID = d.joined("build_origin_id", n.parentOrigin, []byte(":"), n.parent)
			if !validID(n.joined) {
				d.cannotUpgrade("build_origin", expectation(ruleID, "build_id"), n.joined)
			}
		}
	}
	if !n.waived {
		return
	}
	d.waivings++
	named := [][]byte{[]byte(waivedID + ":1:"), n.id}
	if d.v.Major == 1 {
		named = [][]byte{named[0], n.origin, []byte(":"), n.id}
	}
	id := d.joined(d.idMember(), named...)
	if d.reserve(sizeOf[Incident]() + sizeOf[waiver]() + sizeOf[string]() + sizeOf[bool]()) {
		d.waived = append(d.waived, waiver{id, to.ID})
	}
}

// added returns the number of objects that waived tests add to the report.
func (d *decoder) added() int {
	if d.waivings == 0 {
		return 0
	}
	return d.waivings + 1
}

// expectation returns the expectation of a rule for a value that becomes a property of the
// latest version.
func expectation(r *rule, property string) string {
	return fmt.Sprintf("%s, because it is %s in version %v", r.expected, property, latest)
}

// waiver is the ID of an incident and the ID of the waived test.
type waiver struct{ id, test string }

// addWaived adds an issue and an incident for each waived test, if there are
// any.
func (d *decoder) addWaived(r *Report) {
	if len(d.waived) == 0 {
		return
	}
	r.Issues = append(r.Issues, Issue{ID: waivedID, Origin: "_", Version: 1, Comment: new(waivedComment)})
	r.Incidents = slices.Grow(r.Incidents, len(d.waived))
	for i := range d.waived {
		w := &d.waived[i]
		r.Incidents = append(r.Incidents, Incident{
			ID: w.id, Origin: "_", IssueID: waivedID, IssueVersion: 1, TestID: &w.test, Present: d.keeper.bools.keep(true),
		})
	}
}
