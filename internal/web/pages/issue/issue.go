// SPDX-License-Identifier: Apache-2.0

// Package issue has the pages of issues: the list, where and how often an issue is seen,
// and a form to record one.
package issue

import (
	"cmp"
	"embed"
	"net/http"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/internal/web/submit"
)

//go:embed *.html
var files embed.FS

var templates = shell.Parse(files)

// room answers with the pages.
type room struct{ *shell.Shell }

// Paths of the room.
const (
	listPath = "/issues"
	prefix   = "/issue/"
	feedPath = "/atom/issues"
	feedOf   = "/atom/issue/"
)

// Routes adds the pages to a front. The receiver gets the reports that readers make.
func Routes(f *front.Front, s *shell.Shell, receiver *submit.Receiver) {
	r := &room{s}
	e := &editor{r, receiver}
	s.HandleForm(f, editorPath, e.form, e.sent, "build", "issue", "test")
	s.HandleBelow(f, listPath, r.list, "after", shell.AsOf, "category", "culprit", "days", "incidents", "origin", "q")
	s.HandleBelow(f, prefix, r.issue, "after", "arch", "branch", "compiler", "path", "platform", "tree")
	f.Handle(feedPath, front.Page, front.Methods{http.MethodGet: r.listFeed})
	f.HandleBelow(feedOf, front.Page, front.Methods{http.MethodGet: r.issueFeed})
}

// Issues stand for as long as they are seen: an issue is open for so long after it was seen
// last.
const (
	openDays = 14
	openFor  = openDays * 24 * time.Hour
)

// revision is a revision on a page.
type revision struct{ Tree, Branch, Hash, Patches, Name string }

// revisionOf returns the revision of a checkout, nil for no checkout.
func (r *room) revisionOf(c *answers.Revision, patches string) *revision {
	if c == nil || c.CheckoutID == "" {
		return nil
	}
	return &revision{r.Trees.Tree(c.TreeName, c.RepositoryURL), c.Branch, c.CommitHash, patches, cmp.Or(c.CommitName, shell.Short(c.CommitHash))}
}

// URL returns the URL of the revision's page.
func (r *revision) URL() string { return shell.RevisionURL(r.Hash, r.Patches) }

// Place returns the tree and the branch.
func (r *revision) Place() string { return shell.Place(r.Tree, r.Branch) }

// titleOf returns the title of an issue.
func titleOf(id, comment, subject string) string { return cmp.Or(comment, subject, id) }

// culprits are the culprits of issues, as the parameter names them, and in words.
var culprits = []struct{ Name, Of, Help string }{
	{"code", "kernel", "The kernel's code"},
	{"tool", "tools", "The tools that build or test the kernel"},
	{"harness", "test system", "The system that runs builds and tests"},
}

// culpritsOf returns the culprits in words, such as "kernel, tools".
func culpritsOf(c facts.Culprits) (words string) {
	for _, name := range c.Names() {
		for _, culprit := range culprits {
			if culprit.Name == name && words != "" {
				words += ", " + culprit.Of
			} else if culprit.Name == name {
				words = culprit.Of
			}
		}
	}
	return words
}

// parseVersion returns the number of a version in a URL, -1 for any other text.
func parseVersion(text string) int {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return -1
	}
	return int(n)
}
