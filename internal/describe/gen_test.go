// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// TestGenerated describes objects as CI systems send them, the worst of each
// type.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute under the race detector, and the other tests do all that it does")
	}
	reports := slices.Collect(sample.Reports(sample.Options{Seed: 3, Checkouts: 8}))
	s := open(t, reports...)
	all := &report.Report{}
	for _, r := range reports {
		all.Append(r)
	}
	for _, typ := range object.Types() {
		var found []string
		for _, ref := range pick(t, all, typ) {
			found = append(found, texts(t, s, ref))
		}
		golden(t, "gen_"+string(typ), strings.Join(found, strings.Repeat("=", 72)+"\n"))
	}
	for i := range all.Checkouts { // every checkout, for the properties that texts checks of any object
		texts(t, s, object.CheckoutRef(all.Checkouts[i].ID))
	}
}

// pick returns up to three objects of a type, both failed and not failed.
func pick(t *testing.T, r *report.Report, typ object.Type) (refs []object.Ref) {
	add := func(ref object.Ref) {
		if len(refs) < 3 && !slices.Contains(refs, ref) {
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
	case object.TypeCheckout:
		for _, c := range r.Checkouts {
			if c.Valid != nil && !*c.Valid {
				add(object.CheckoutRef(c.ID))
			}
		}
		add(object.CheckoutRef(r.Checkouts[len(r.Checkouts)-1].ID))
	case object.TypeBuild:
		for _, status := range []report.Status{report.StatusFail, report.StatusPass} {
			for _, b := range r.Builds {
				if b.Status != nil && *b.Status == status {
					add(object.BuildRef(b.ID))
					break
				}
			}
		}
	case object.TypeTest:
		for _, i := range r.Incidents {
			if i.TestID != nil {
				add(object.TestRef(*i.TestID))
				break
			}
		}
		for _, one := range r.Tests {
			if one.Status != nil && *one.Status == report.StatusFail && one.LogExcerpt != nil {
				add(object.TestRef(one.ID))
				break
			}
		}
		for _, one := range r.Tests {
			if one.Number != nil {
				add(object.TestRef(one.ID))
			}
		}
	case object.TypeIssue:
		for _, i := range r.Issues {
			add(object.IssueRef(i.ID))
		}
	case object.TypeIssueVersion:
		for _, i := range r.Issues {
			add(object.IssueVersionRef(i.ID, i.Version))
		}
	case object.TypeIncident:
		for _, n := range r.Incidents {
			add(object.IncidentRef(n.ID))
		}
	}
	if len(refs) == 0 {
		t.Fatalf("no %s was made up", typ)
	}
	return refs
}

var _ = graph.Bad
