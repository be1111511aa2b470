// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"cmp"
	"fmt"
	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/summary"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
)

// selector is a key of "select": what an object has there must fit.
type selector struct {
	name  string
	globs globs
	texts func(*Input) ([]string, error) // one of them must fit; nil:
	text  func(*Input) (string, error)   // the one that must
	fit   func(g globs, text string) bool
	place map[string]globs // of a revision: a repository, a branch, a tree
}

// fits tells whether an object is one that is selected.
func (s *selector) fits(in *Input) (bool, error) {
	switch {
	case s.place != nil:
		return s.fitsPlace(in)
	case s.texts != nil:
		texts, err := s.texts(in)
		return err == nil && s.globs.fitAny(texts), err
	}
	text, err := s.text(in)
	if err != nil {
		return false, err
	}
	if s.fit != nil {
		return s.fit(s.globs, text), nil
	}
	return s.globs.fit(text), nil
}

// fitsPlace tells whether one of the repositories of a revision is as selected in
// all respects.
func (s *selector) fitsPlace(in *Input) (bool, error) {
	places, err := in.Object.(*graph.Revision).Repositories()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(places, func(p *graph.Repository) bool {
		for name, g := range s.place {
			fit := globs.fit
			if name == "repository" {
				fit = fitRepository
			}
			if !fit(g, placeText(p, name)) {
				return false
			}
		}
		return true
	}), nil
}

func placeText(p *graph.Repository, name string) string {
	switch name {
	case "repository":
		return p.URL
	case "branch":
		return p.Branch
	}
	return p.Tree
}

// found returns what an object has that the selector compares, for people.
func (s *selector) found(in *Input) (string, error) {
	var texts []string
	var err error
	switch {
	case s.place != nil:
		var places []*graph.Repository
		places, err = in.Object.(*graph.Revision).Repositories()
		for _, p := range places {
			texts = append(texts, fmt.Sprintf("%s %s (tree %s)", p.URL, p.Branch, p.Tree))
		}
		return strings.Join(texts, ", "), err
	case s.texts != nil:
		texts, err = s.texts(in)
	default:
		var text string
		text, err = s.text(in)
		texts = []string{text}
	}
	for i := range texts {
		texts[i] = fmt.Sprintf("%q", texts[i])
	}
	return strings.Join(texts, ", "), err
}

// orNone says "none" where there is no status.
func orNone(status string, err error) (string, error) {
	if status == "" {
		status = "none"
	}
	return status, err
}

// statuses are what selectors of a status may say.
var statuses = func() (all []string) {
	for _, status := range summary.Statuses {
		all = append(all, cmp.Or(string(status), "none"))
	}
	return all
}()

// culprits are what can be at fault for an issue.
var culprits = facts.Culprits{Code: true, Tool: true, Harness: true}.Names()

// selectable is a name that "select" may have.
type selectable struct {
	name   string
	types  []object.Type
	texts  func(*Input) ([]string, error)
	text   func(*Input) (string, error)
	fit    func(g globs, text string) bool
	values []string // all that there are, nil for any
}

// selectables are the names that "select" may have, those first that are the
// cheapest to compare.
var selectables = []selectable{
	{name: "architecture", types: ofBuilds, text: ofBuild((*graph.Build).Architecture)},
	{name: "config", types: ofBuilds, text: ofBuild((*graph.Build).Config)},
	{name: "path", types: ofTests, text: ofTest((*graph.Test).Path), fit: fitPath},
	{name: "origin", types: notRevisions, text: func(in *Input) (string, error) { return originOf(in.Object) }},
	{name: "origin", types: []object.Type{object.TypeRevision}, texts: func(in *Input) ([]string, error) {
		return in.Object.(*graph.Revision).Origins()
	}},
	{name: "compatible", types: ofTests, texts: func(in *Input) ([]string, error) { return testOf(in.Object).Compatible(), nil }},
	{name: "repository", types: ofCheckouts, text: ofCheckout((*graph.Checkout).Repository), fit: fitRepository},
	{name: "branch", types: ofCheckouts, text: ofCheckout((*graph.Checkout).Branch)},
	{name: "tree", types: ofCheckouts, text: ofCheckout((*graph.Checkout).Tree)},
	{name: "platform", types: ofTests, text: ofTest((*graph.Test).Platform)},
	{name: "lab", types: ofTests, text: ofTest((*graph.Test).Lab)},
	{name: "category", types: ofIssues, texts: func(in *Input) ([]string, error) {
		v, err := versionOf(in.Object)
		return v.Categories, err
	}},
	{name: "culprit", types: ofIssues, values: culprits, texts: func(in *Input) ([]string, error) {
		v, err := versionOf(in.Object)
		return v.Culprits(), err
	}},
	{name: "status", types: object.Types(), values: statuses, text: func(in *Input) (string, error) { return orNone(in.Object.Status()) }},
	{name: "now", types: object.Types(), values: statuses, text: func(in *Input) (string, error) { return orNone(in.Now()) }},
	{name: "was", types: object.Types(), values: statuses, text: func(in *Input) (string, error) { return orNone(in.Was()) }},
}

// The types that have something, by themselves or through what is above them.
var (
	ofTests     = []object.Type{object.TypeTest, object.TypeIncident}
	ofBuilds    = append([]object.Type{object.TypeBuild}, ofTests...)
	ofCheckouts = append([]object.Type{object.TypeRevision, object.TypeCheckout}, ofBuilds...)
	ofIssues    = []object.Type{object.TypeIssue, object.TypeIssueVersion, object.TypeIncident}

	notRevisions = slices.DeleteFunc(slices.Clone(object.Types()), func(t object.Type) bool { return t == object.TypeRevision })
)

func ofTest(get func(*graph.Test) string) func(*Input) (string, error) {
	return func(in *Input) (string, error) { return get(testOf(in.Object)), nil }
}

func ofBuild(get func(*graph.Build) string) func(*Input) (string, error) {
	return func(in *Input) (string, error) { return get(buildOf(in.Object)), nil }
}

func ofCheckout(get func(*graph.Checkout) string) func(*Input) (string, error) {
	return func(in *Input) (string, error) { return get(checkoutOf(in.Object)), nil }
}

// testOf, buildOf and checkoutOf return what an object is, or belongs to.
func testOf(o graph.Object) *graph.Test {
	if n, ok := o.(*graph.Incident); ok {
		return n.Test()
	}
	return o.(*graph.Test)
}

func buildOf(o graph.Object) *graph.Build {
	switch o := o.(type) {
	case *graph.Build:
		return o
	case *graph.Incident:
		return o.Build()
	}
	return o.(*graph.Test).Build()
}

func checkoutOf(o graph.Object) *graph.Checkout {
	if c, ok := o.(*graph.Checkout); ok {
		return c
	}
	return buildOf(o).Checkout()
}

// versionOf returns the version of an issue that an object is, or tells of.
func versionOf(o graph.Object) (*graph.IssueVersion, error) {
	switch o := o.(type) {
	case *graph.Issue:
		return o.Newest()
	case *graph.Incident:
		return o.Issue(), nil
	}
	return o.(*graph.IssueVersion), nil
}

// originOf returns the CI system that an object is from.
func originOf(o graph.Object) (string, error) {
	switch o := o.(type) {
	case *graph.Checkout:
		return o.Origin, nil
	case *graph.Build:
		return o.Origin, nil
	case *graph.Test:
		return o.Origin, nil
	case *graph.Incident:
		return o.Origin, nil
	}
	v, err := versionOf(o)
	return v.Origin, err
}

func fitPath(g globs, path string) bool {
	return slices.ContainsFunc(g, func(one glob) bool { return facts.MatchPath(one.text, path) })
}

// fitRepository compares URLs of repositories, with globs in them or not: those of
// the same repository fit, however they are written.
func fitRepository(g globs, url string) bool {
	if g.fit(url) {
		return true
	}
	key := facts.RepositoryKey(url)
	return url != "" && slices.ContainsFunc(g, func(one glob) bool { return newGlob(facts.RepositoryKey(one.text)).fits(key) })
}
