// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
)

// page is the subject of a dashboard, with everything that other dashboards need to
// link to it.
type page struct {
	engine      *engine
	name, title string
	subject     []string // the variables that identify the object the page shows
	filters     []string // the variables that filter the contents
}

var (
	homePage       = page{name: "home", title: "KCIDB", filters: []string{"origin"}}
	repositoryPage = page{name: "repository", title: "Repository", subject: []string{"repository"}, filters: []string{"origin"}}
	branchPage     = page{name: "branch", title: "Branch", subject: []string{"repository", "branch"},
		filters: []string{"origin", "architecture", "config"}}
	revisionPage = page{name: "revision", title: "Revision", subject: []string{"git_commit_hash", "patchset_hash"},
		filters: []string{"origin", "architecture", "config", "path"}}
	checkoutPage = page{name: "checkout", title: "Checkout", subject: []string{"id"}, filters: []string{"architecture", "config"}}
	buildPage    = page{name: "build", title: "Build", subject: []string{"id"}}
	testPage     = page{name: "test", title: "Test", subject: []string{"id"}}
)

// uid returns the page's identifier in Grafana. It never changes, because
// external links use it.
func (p page) uid() string { return p.engine.uids + p.name }

// of returns the page among the dashboards of an engine.
func (p page) of(e *engine) page {
	p.engine = e
	return p
}

// link is a link from a value in a panel, or from a page.
type link struct {
	title, url string
	outside    bool // leaves Grafana
}

// setting sets a variable of the link's target page.
type setting struct{ variable, value string }

// field returns the value of a field in the row of the link.
func field(name string) string { return `${__data.fields["` + name + `"]:percentencode}` }

// variable returns the value of a variable of the page with the link.
func variable(name string) string { return "${" + name + ":percentencode}" }

// linkTo returns the link to another page. The link passes on which database it is, and
// the filters that the target page has as well, unless settings contains them.
func (p page) linkTo(target page, settings ...setting) link {
	var parameters []string
	for _, name := range p.engine.carried {
		parameters = append(parameters, "${"+name+":queryparam}")
	}
	set := map[string]bool{}
	for _, s := range settings {
		set[s.variable] = true
		parameters = append(parameters, "var-"+s.variable+"="+s.value)
	}
	for _, filter := range p.filters {
		if slices.Contains(target.filters, filter) && !set[filter] {
			parameters = append(parameters, "${"+filter+":queryparam}")
		}
	}
	return link{title: target.title, url: "/d/" + target.of(p.engine).uid() + "?" + strings.Join(parameters, "&")}
}

// toRepository returns the link to the page of a repository.
func (p page) toRepository(repository string) link {
	return p.linkTo(repositoryPage, setting{"repository", repository})
}

// toBranch returns the link to the page of a branch.
func (p page) toBranch(repository, branch string) link {
	return p.linkTo(branchPage, setting{"repository", repository}, setting{"branch", branch})
}

// toRevision returns the link to the page of the revision with the hashes in the
// row's fields git_commit_hash and patchset_hash.
func (p page) toRevision(settings ...setting) link {
	return p.linkTo(revisionPage, append([]setting{
		{"git_commit_hash", field("git_commit_hash")}, {"patchset_hash", field("patchset_hash")},
	}, settings...)...)
}

// toCheckout, toBuild and toTest return the links to the objects with the ID in a
// field of the row.
func (p page) toCheckout(id string) link { return p.linkTo(checkoutPage, setting{"id", field(id)}) }
func (p page) toBuild(id string) link    { return p.linkTo(buildPage, setting{"id", field(id)}) }
func (p page) toTest(id string) link     { return p.linkTo(testPage, setting{"id", field(id)}) }

// toValue returns the link to the URL in the linked value.
func toValue() link { return link{title: "Open", url: "${__value.raw:raw}", outside: true} }
