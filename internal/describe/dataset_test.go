// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestDataset describes everything there is in the data set for conformance, and
// what its objects refer to and is not there.
func TestDataset(t *testing.T) {
	r := conformance.Dataset(t)
	s := open(t, r)
	for _, typ := range object.Types() {
		refs := refsOf(r, typ)
		if len(refs) == 0 {
			t.Fatalf("no %s", typ)
		}
		var all []string
		for _, ref := range refs {
			if o, err := graph.New(t.Context(), s).Find(ref); err != nil || o[0].Ref() != ref {
				t.Fatalf("found %v, %v", o, err)
			}
			all = append(all, texts(t, s, ref))
		}
		golden(t, "dataset_"+string(typ), strings.Join(all, strings.Repeat("=", 72)+"\n"))
	}
}

// refsOf returns the first objects of a type in the data set, and an object that the
// data set refers to but does not have.
func refsOf(r *report.Report, typ object.Type) (refs []object.Ref) {
	const most = 6
	seen := map[object.Ref]bool{}
	add := func(ref object.Ref) {
		if !seen[ref] && len(refs) < most {
			seen[ref] = true
			refs = append(refs, ref)
		}
	}
	switch typ {
	case object.TypeRevision:
		for i := range r.Checkouts {
			if ref, ok := object.RevisionOf(&r.Checkouts[i]); ok {
				add(ref)
			}
		}
		return append(refs, object.RevisionRef("5e29d1443c46", ""))
	case object.TypeCheckout:
		for _, c := range r.Checkouts {
			add(object.CheckoutRef(c.ID))
		}
		return append(refs, object.CheckoutRef("beta:absent_checkout"))
	case object.TypeBuild:
		for _, b := range r.Builds {
			add(object.BuildRef(b.ID))
		}
		return append(refs, object.BuildRef("alpha:absent_build"))
	case object.TypeTest:
		for _, one := range r.Tests {
			add(object.TestRef(one.ID))
		}
		return append(refs, object.TestRef("alpha:absent_test"))
	case object.TypeIssue:
		for _, i := range r.Issues {
			add(object.IssueRef(i.ID))
		}
		return append(refs, object.IssueRef("alpha:absent_issue"))
	case object.TypeIssueVersion:
		for _, i := range r.Issues {
			add(object.IssueVersionRef(i.ID, i.Version))
		}
		return append(refs, object.IssueVersionRef("alpha:absent_issue", 7))
	}
	for _, n := range r.Incidents {
		add(object.IncidentRef(n.ID))
	}
	return append(refs, object.IncidentRef("alpha:absent_incident"))
}
