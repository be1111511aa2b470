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

// selector is a key of select, with the texts that a property of the object must match.
type selector struct {
	name  string
	globs globs
	texts func(*Input) ([]string, error) // values; one must match; nil if text is set
	text  func(*Input) (string, error)   // the value, which must match
	match func(g globs, text string) bool
	place map[string]globs // repository, branch and tree of a revision
}

// matches reports whether an object matches the selector.
func (s *selector) matches(in *Input) (bool, error) {
	switch {
	case s.place != nil:
		return s.matchesPlace(in)
	case s.texts != nil:
		texts, err := s.texts(in)
		return err == nil && s.globs.matchAny(texts), err
	}
	text, err := s.text(in)
	if err != nil {
		return false, err
	}
	if s.match != nil {
		return s.match(s.globs, text), nil
	}
	return s.globs.match(text), nil
}

// matchesPlace reports whether one repository of a revision matches repository, branch and
// tree.
func (s *selector) matchesPlace(in *Input) (bool, error) {
	places, err := in.Object.(*graph.Revision).Repositories()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(places, func(p *graph.Repository) bool {
		for name, g := range s.place {
			match := globs.match
			if name == "repository" {
				match = matchRepository
			}
			if !match(g, placeText(p, name)) {
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

// quotedValues returns the values that the selector compares, in quotes.
func (s *selector) quotedValues(in *Input) (string, error) {
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

// orNone returns "none" for an empty status.
func orNone(status string, err error) (string, error) {
	if status == "" {
		status = "none"
	}
	return status, err
}

// statuses are the values of a selector of a status.
var statuses = func() (all []string) {
	for _, status := range summary.Statuses {
		all = append(all, cmp.Or(string(status), "none"))
	}
	return all
}()

// culprits are the possible culprits of an issue.
var culprits = facts.Culprits{Code: true, Tool: true, Harness: true}.Names()

// selectable is a possible key of select.
type selectable struct {
	name   string
	types  []object.Type
	texts  func(*Input) ([]string, error)
	text   func(*Input) (string, error)
	match  func(g globs, text string) bool
	values []string // possible values; nil for any value
}

// selectables are the possible keys of select. The cheapest to compare come first.
var selectables = []selectable{
	{name: "architecture", types: ofBuilds, text: ofBuild((*graph.Build).Architecture)},
	{name: "config", types: ofBuilds, text: ofBuild((*graph.Build).Config)},
	{name: "path", types: ofTests, text: ofTest((*graph.Test).Path), match: matchPath},
	{name: "origin", types: notRevisions, text: func(in *Input) (string, error) { return originOf(in.Object) }},
	{name: "origin", types: []object.Type{object.TypeRevision}, texts: func(in *Input) ([]string, error) {
		return in.Object.(*graph.Revision).Origins()
	}},
	{name: "compatible", types: ofTests, texts: func(in *Input) ([]string, error) { return testOf(in.Object).Compatible(), nil }},
	{name: "repository", types: ofCheckouts, text: ofCheckout((*graph.Checkout).Repository), match: matchRepository},
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

// Types that have a property themselves or through their ancestors.
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

// testOf, buildOf and checkoutOf return the test, build or checkout of an object, or
// the object itself.
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

// versionOf returns the version of an issue, or the version that an incident names.
func versionOf(o graph.Object) (*graph.IssueVersion, error) {
	switch o := o.(type) {
	case *graph.Issue:
		return o.Newest()
	case *graph.Incident:
		return o.Issue(), nil
	}
	return o.(*graph.IssueVersion), nil
}

// originOf returns the CI system of an object.
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

func matchPath(g globs, path string) bool {
	return slices.ContainsFunc(g, func(g glob) bool { return facts.MatchPath(g.text, path) })
}

// matchRepository compares URLs of repositories, with or without globs. Different URLs of
// one repository match.
func matchRepository(g globs, url string) bool {
	if g.match(url) {
		return true
	}
	key := facts.RepositoryKey(url)
	return url != "" && slices.ContainsFunc(g, func(g glob) bool { return newGlob(facts.RepositoryKey(g.text)).matches(key) })
}
