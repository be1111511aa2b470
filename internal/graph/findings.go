// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"cmp"
	"slices"

	"github.com/kcidb-go/kcidb/object"
)

// Finding is a version of an issue that was seen in builds, or in tests of these
// builds.
type Finding struct {
	*IssueVersion
	Builds, Tests int64 // sightings in builds, and in tests
}

// Findings are the issues seen in builds and in their tests. The issues seen most often
// come first.
type Findings struct{ List []*Finding }

// Tested reports whether any of the issues was seen in tests.
func (f *Findings) Tested() bool {
	return slices.ContainsFunc(f.List, func(f *Finding) bool { return f.Tests > 0 })
}

// Findings returns the issues seen in the builds and in their tests.
func (b *Builds) Findings() (*Findings, error) {
	ids := make([]string, len(b.List))
	for i, build := range b.List {
		ids[i] = build.Build.ID
	}
	return b.g.findings(ids)
}

// Findings returns the issues seen in the build and in its tests. It first asks if any
// issue was seen in the builds that Find returned: in most no issue was seen.
func (b *Build) Findings() (*Findings, error) {
	together := b.g.withTogether([]string{b.Build.ID})
	if len(together) == 1 {
		return b.g.findings(together)
	}
	if b.g.found == nil {
		var err error
		if b.g.found, err = b.g.findings(together); err != nil {
			return nil, err
		}
	}
	if len(b.g.found.List) == 0 {
		return b.g.found, nil
	}
	return b.g.findings([]string{b.Build.ID})
}

func (g *Graph) findings(builds []string) (*Findings, error) {
	found, err := g.database.Findings(g.ctx, builds)
	if err != nil {
		return nil, g.fail(err)
	}
	all := &Findings{}
	var unread []object.ID
	for _, f := range found {
		v := g.IssueVersion(f.ID, f.Version)
		all.List = append(all.List, &Finding{IssueVersion: v, Builds: f.Builds, Tests: f.Tests})
		if !v.known {
			unread = append(unread, v.Ref().ID)
		}
	}
	if len(unread) > 0 {
		if _, err := g.match(object.Of(object.TypeIssueVersion, unread...)); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all.List, func(a, b *Finding) int {
		return cmp.Or(-cmp.Compare(a.Builds+a.Tests, b.Builds+b.Tests), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Version, b.Version))
	})
	return all, nil
}
