// SPDX-License-Identifier: Apache-2.0

// Package public is the public database of a service with private origins.
//
// Counts, verdicts and roll-ups that mix private and public results cannot be filtered
// afterwards. So the service keeps two databases: the whole one, and the public one, which
// has the objects of all other origins and nothing else. Readers who may not see private
// results get all their answers from the public one, which does not have them.
//
// A public object may refer to a private one, such as an issue of a public origin that names
// a private test. The reference then leads nowhere, as a reference to an object that was
// never sent.
package public

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/report"
)

// Private is the set of private origins, sorted. Without members everything is public.
type Private []string

// Parse returns the origins in a list with commas between them.
func Parse(list string) (p Private, err error) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !auth.IsOrigin(name) {
			return nil, fmt.Errorf("%q is not the name of an origin, which has letters a to z, digits and _", name)
		}
		p = append(p, name)
	}
	slices.Sort(p)
	return slices.Compact(p), nil
}

// String returns the origins with commas between them, as Parse reads them.
func (p Private) String() string { return strings.Join(p, ",") }

// Has reports whether an origin is private.
func (p Private) Has(origin string) bool { return slices.Contains(p, origin) }

// Hides reports whether an object is private: by its origin, or by that in its ID.
func (p Private) Hides(origin, id string) bool {
	prefix, _, _ := strings.Cut(id, ":")
	return p.Has(origin) || p.Has(prefix)
}

// PublicOf returns the public objects of a report: r itself if all are public. It does not
// change r, and shares its objects.
func (p Private) PublicOf(r *report.Report) *report.Report {
	public := &report.Report{
		Checkouts: keep(r.Checkouts, func(o *report.Checkout) bool { return !p.Hides(o.Origin, o.ID) }),
		Builds:    keep(r.Builds, func(o *report.Build) bool { return !p.Hides(o.Origin, o.ID) }),
		Tests:     keep(r.Tests, func(o *report.Test) bool { return !p.Hides(o.Origin, o.ID) }),
		Issues:    keep(r.Issues, func(o *report.Issue) bool { return !p.Hides(o.Origin, o.ID) }),
		Incidents: keep(r.Incidents, func(o *report.Incident) bool { return !p.Hides(o.Origin, o.ID) }),
	}
	if public.Count() == r.Count() {
		return r
	}
	return public
}

// keep returns the objects that f reports true for: the list itself if these are all.
func keep[T any](list []T, f func(*T) bool) []T {
	for i := range list {
		if !f(&list[i]) {
			kept := slices.Clone(list[:i])
			for j := i + 1; j < len(list); j++ {
				if f(&list[j]) {
					kept = append(kept, list[j])
				}
			}
			return kept
		}
	}
	return list
}

// NamedIn reports whether the text of a report has a private origin, or an ID of one, as a
// value.
func (p Private) NamedIn(text []byte) bool {
	for _, name := range p {
		if bytes.Contains(text, []byte(`"`+name+`"`)) || bytes.Contains(text, []byte(`"`+name+`:`)) {
			return true
		}
	}
	return false
}
