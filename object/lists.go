// SPDX-License-Identifier: Apache-2.0

package object

import (
	"iter"

	"github.com/kcidb-go/kcidb/report"
)

// listOf is the list of a set for one type.
type listOf struct {
	typ   Type
	count func(*Set) int
	ref   func(s *Set, i int) Ref
	at    func(s *Set, i int) report.Object
}

// lists are the lists of a set, in the order of Types.
var lists = []listOf{
	newList(TypeRevision, func(s *Set) []Revision { return s.Revisions },
		func(r *Revision) Ref { return RevisionRef(r.GitCommitHash, r.PatchsetHash) }),
	newList(TypeCheckout, func(s *Set) []report.Checkout { return s.Report.Checkouts },
		func(c *report.Checkout) Ref { return CheckoutRef(c.ID) }),
	newList(TypeBuild, func(s *Set) []report.Build { return s.Report.Builds },
		func(b *report.Build) Ref { return BuildRef(b.ID) }),
	newList(TypeTest, func(s *Set) []report.Test { return s.Report.Tests },
		func(t *report.Test) Ref { return TestRef(t.ID) }),
	newList(TypeIssue, func(s *Set) []Issue { return s.Issues },
		func(i *Issue) Ref { return IssueRef(i.ID) }),
	newList(TypeIssueVersion, func(s *Set) []report.Issue { return s.Report.Issues },
		func(i *report.Issue) Ref { return IssueVersionRef(i.ID, i.Version) }),
	newList(TypeIncident, func(s *Set) []report.Incident { return s.Report.Incidents },
		func(i *report.Incident) Ref { return IncidentRef(i.ID) }),
}

func newList[T any, P interface {
	*T
	report.Object
}](t Type, of func(*Set) []T, ref func(P) Ref) listOf {
	return listOf{
		typ:   t,
		count: func(s *Set) int { return len(of(s)) },
		ref:   func(s *Set, i int) Ref { return ref(&of(s)[i]) },
		at:    func(s *Set, i int) report.Object { return P(&of(s)[i]) },
	}
}

// Count returns the number of objects in the set.
func (s *Set) Count() int {
	n := 0
	for _, l := range lists {
		n += l.count(s)
	}
	return n
}

// Refs returns the names of the objects in the set, in the order of Types.
func (s *Set) Refs() iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		for _, l := range lists {
			for i := range l.count(s) {
				if !yield(l.ref(s, i)) {
					return
				}
			}
		}
	}
}
