// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Checkout is a view of a checkout.
type Checkout struct {
	report.Checkout
	g      *Graph
	known  bool
	extra  members
	builds *Builds
}

// Checkout returns the view of the checkout with the ID.
func (g *Graph) Checkout(id string) *Checkout {
	c := g.checkouts[id]
	if c == nil {
		c = &Checkout{g: g, Checkout: report.Checkout{ID: id}}
		g.checkouts[id] = c
	}
	return c
}

// Ref names the checkout.
func (c *Checkout) Ref() object.Ref {
	return object.CheckoutRef(c.Checkout.ID)
}

// Known tells whether the checkout is in the database.
func (c *Checkout) Known() bool { return c.known }

// Revision returns the revision it is a checkout of, one without a commit where
// it says none.
func (c *Checkout) Revision() *Revision {
	ref, ok := object.RevisionOf(&c.Checkout)
	if !ok {
		return &Revision{g: c.g, checkouts: []*Checkout{c}, read: true}
	}
	return c.g.Revision(ref.ID[0], ref.ID[1])
}

// Tree, Repository, Branch, Commit and CommitName say what was checked out.
func (c *Checkout) Tree() string       { return text(c.TreeName) }
func (c *Checkout) Repository() string { return text(c.GitRepositoryURL) }
func (c *Checkout) Branch() string     { return text(c.GitRepositoryBranch) }
func (c *Checkout) Commit() string     { return text(c.GitCommitHash) }
func (c *Checkout) CommitName() string { return text(c.GitCommitName) }

// Start is when the CI system began with it.
func (c *Checkout) Start() time.Time { return value(c.StartTime) }

// Log and Excerpt are the URL of the log, and the part of it that matters.
func (c *Checkout) Log() string     { return text(c.LogURL) }
func (c *Checkout) Excerpt() string { return text(c.LogExcerpt) }

// Remark is the comment.
func (c *Checkout) Remark() string { return text(c.Comment) }

// Validity is PASS where checking out and patching succeeded, FAIL where it did
// not, and "" where nobody knows.
func (c *Checkout) Validity() report.Status {
	switch {
	case c.Valid == nil:
		return ""
	case *c.Valid:
		return report.StatusPass
	}
	return report.StatusFail
}

// Extra is what else is known of it.
func (c *Checkout) Extra() map[string]any { return c.extra.parsed(c.Misc) }

// Builds are the builds of the checkout.
func (c *Checkout) Builds() (*Builds, error) {
	if c.builds == nil {
		all, err := c.g.match(c.Ref().Pattern().Children(object.TypeBuild))
		if err != nil {
			return nil, err
		}
		c.builds = &Builds{g: c.g, checkouts: []*Checkout{c}, List: c.g.buildsOf(all)}
	}
	return c.builds, nil
}

// Tests are the tests of all its builds.
func (c *Checkout) Tests() (*Tests, error) {
	builds, err := c.Builds()
	if err != nil {
		return nil, err
	}
	return builds.Tests(), nil
}

// Status is the worst of the checkout, its builds and its tests.
func (c *Checkout) Status() (string, error) {
	builds, err := c.Builds()
	if err != nil {
		return "", err
	}
	tests, err := builds.Tests().Counts()
	if err != nil {
		return "", err
	}
	return string(summary.Worst(c.Validity(), summary.Worst(builds.Counts().Status(), tests.Status()))), nil
}
