// SPDX-License-Identifier: Apache-2.0

package object

import (
	"strconv"

	"github.com/kcidb-go/kcidb/report"
)

// Ref names an object.
type Ref struct {
	Type Type
	ID   ID
}

// RevisionRef names a revision; patchsetHash is "" without patches.
func RevisionRef(commitHash, patchsetHash string) Ref {
	return Ref{TypeRevision, ID{commitHash, patchsetHash}}
}

// CheckoutRef names a checkout.
func CheckoutRef(id string) Ref { return Ref{TypeCheckout, ID{id}} }

// BuildRef names a build.
func BuildRef(id string) Ref { return Ref{TypeBuild, ID{id}} }

// TestRef names a test.
func TestRef(id string) Ref { return Ref{TypeTest, ID{id}} }

// IssueRef names an issue with all its versions.
func IssueRef(id string) Ref { return Ref{TypeIssue, ID{id}} }

// IssueVersionRef names a version of an issue.
func IssueVersionRef(id string, version int) Ref {
	return Ref{TypeIssueVersion, ID{id, strconv.Itoa(version)}}
}

// IncidentRef names an incident.
func IncidentRef(id string) Ref { return Ref{TypeIncident, ID{id}} }

// RevisionOf names the revision that a checkout belongs to. Most submitters leave out the
// hash and the list of patches if a checkout has no patches: no hash and no list means the
// patch set hash "".
//
// RevisionOf returns false if the revision is unknown: the checkout has no commit hash, or
// it has a list of patches, even an empty list, but no hash of the patches.
func RevisionOf(c *report.Checkout) (Ref, bool) {
	switch {
	case c.GitCommitHash == nil:
		return Ref{}, false
	case c.PatchsetHash != nil:
		return RevisionRef(*c.GitCommitHash, *c.PatchsetHash), true
	case c.PatchsetFiles != nil:
		return Ref{}, false
	}
	return RevisionRef(*c.GitCommitHash, ""), true
}

// Pattern returns the pattern that names this object only.
func (r Ref) Pattern() Pattern { return Of(r.Type, r.ID) }

// String returns the reference as patterns write it: "test[ci:1]",
// `revision[5e29d1443c46, ""]`. ParseRef reads it back.
func (r Ref) String() string {
	b := append([]byte(r.Type), '[')
	return string(append(appendID(b, r.Type, r.ID), ']'))
}

// ParseRef reads the result of String, with or without white space between the parts.
// The error is a *SyntaxError.
func ParseRef(text string) (Ref, error) {
	s := scanner{what: "reference", text: text}
	if err := s.check(); err != nil {
		return Ref{}, err
	}
	s.space()
	t, err := s.typeName()
	if err != nil {
		return Ref{}, err
	}
	s.space()
	if err := s.expect('['); err != nil {
		return Ref{}, err
	}
	s.space()
	id, err := s.id(t)
	if err != nil {
		return Ref{}, err
	}
	s.space()
	if err := s.expect(']'); err != nil {
		return Ref{}, err
	}
	if s.space(); !s.done() {
		return Ref{}, s.unexpected("the end")
	}
	return Ref{t, id}, nil
}
