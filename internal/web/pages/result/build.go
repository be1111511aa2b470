// SPDX-License-Identifier: Apache-2.0

package result

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// buildPage is the page of a build.
type buildPage struct {
	result
	Build     *graph.Build
	ConfigURL string
	Suites    []suite
	Tests     int64 // that ran on it
}

// suite is a group of the tests that ran on a build.
type suite struct {
	Name    string
	Passed  int64
	Failed  int64 // FAIL and ERROR
	Missing int64 // MISS: the harness failed
	Other   int64

	revision string     // the URL of its page, "" if it does not list the tests
	filter   url.Values // selects the tests on the page of the revision
}

// URL returns the URL of the page that lists the tests with any of the statuses, of all tests
// for none; "" without such a page.
func (s *suite) URL(statuses ...string) string {
	filter := maps.Clone(s.filter)
	if len(statuses) > 0 {
		filter["status"] = statuses
	}
	return shell.WithValues(s.revision, filter)
}

// Total returns the number of its tests.
func (s *suite) Total() int64 { return s.Passed + s.Failed + s.Missing + s.Other }

func (s *room) findBuild(r *http.Request, id string) (*graph.Build, error) {
	return find[*graph.Build](r, s, object.BuildRef(id), unknown("build", id,
		"A build is shown as soon as its report is loaded, which takes seconds. If it was sent, its receipt says what became of it. Was the ID cut short?"))
}

// build is the page of a build.
func (s *room) build(r *http.Request, id string) (*shell.Page, error) {
	b, err := s.findBuild(r, id)
	if err != nil {
		return nil, err
	}
	issues, err := b.Issues()
	if err != nil {
		return nil, err
	}
	st, err := s.stand(r.Context(), &subject{
		kind: rollup.Builds, id: id, checkout: b.Checkout(), missing: missingParent(b),
		variant: answers.Variant{Architecture: b.Architecture(), ConfigName: b.Config(), Compiler: b.Compiler()},
	})
	if err != nil {
		return nil, err
	}
	page := &buildPage{Build: b, result: result{
		Name: cmp.Or(joined(b.Architecture(), b.Config()), "Build"), Small: withTexts(shell.Link{Text: b.Compiler()},
			shell.Link{Text: labOfBuild(b), URL: shell.LabURL(labOfBuild(b))}, shell.Link{Text: b.Origin, URL: shell.OriginURL(b.Origin)}),
		ID: id, Origin: b.Origin, Status: b.Outcome(), Start: b.Start(), Took: took(b.Build.Duration),
		LogURL: shell.Outside(b.Log()), LogPage: below(shell.BuildURL(id), "log"), Jobs: jobs(b.Extra()),
		Report: "/issues/new?" + url.Values{"build": {id}}.Encode(), Comment: block(b.Remark()),
		Files: filesOf(b.OutputFiles, b.InputFiles),
	}}
	if b.ConfigURL != nil {
		page.ConfigURL = shell.Outside(*b.ConfigURL)
	}
	if page.Copy, err = s.copyOf(r, b.Log()); err != nil {
		return nil, err
	}
	page.read(st, b.Excerpt(), "", b.Reason(), issues, shell.BuildURL)
	page.Commands = []commands{theKernel(b), theCommit(page.Answer)}
	if page.Suites, err = s.suites(r, b, st); err != nil {
		return nil, err
	}
	for _, suite := range page.Suites {
		page.Tests += suite.Total()
	}
	page.Stored = []storedObject{{"This build", "", stored(&b.Build)}}
	return &shell.Page{
		Title: page.title(), Section: "Trees", Crumbs: crumbs(s, b.Checkout(), st, "build"), JSON: "/api/build/" + url.PathEscape(id),
		Content: templates.Content("build.html", page), Changed: changed(st, b.Timestamp, page.Copy),
	}, nil
}

// suites returns the groups of the tests that ran on a build, the ones with most failures
// first.
func (s *room) suites(r *http.Request, b *graph.Build, st *standing) (all []suite, err error) {
	if s.Answers == nil {
		return nil, nil
	}
	counts, err := s.Answers.SuitesOf(r.Context(), b.Build.ID)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		group := suite{Name: cmp.Or(name, "without a path")}
		for status, n := range counts[name] {
			group.add(status, n)
		}
		if page := revisionOf(b.Checkout()); page != "" && name != "" && st.Missing == "" {
			group.revision, group.filter = page, url.Values{"path": {name}}
			for parameter, value := range map[string]string{"arch": b.Architecture(), "config": b.Config(), "compiler": b.Compiler()} {
				if value != "" {
					group.filter.Set(parameter, value)
				}
			}
		}
		all = append(all, group)
	}
	slices.SortStableFunc(all, func(a, b suite) int {
		return cmp.Or(cmp.Compare(b.Failed, a.Failed), cmp.Compare(b.Missing, a.Missing))
	})
	return all, nil
}

// add counts tests with a status.
func (s *suite) add(status report.Status, n int64) {
	switch verdict.OutcomeOf(status, false) {
	case verdict.Passed:
		s.Passed += n
	case verdict.Failed:
		s.Failed += n
	case verdict.LabTrouble:
		s.Missing += n
	default:
		s.Other += n
	}
}

func labOfBuild(b *graph.Build) string {
	if lab := facts.LabOf(facts.BuildLab(b.Misc), b.Origin); lab != b.Origin {
		return lab
	}
	return ""
}
