// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Checkout is a checkout and its builds.
type Checkout struct {
	report.Checkout
	g      *Graph
	known  bool
	extra  lazyObject
	builds *Builds
}

// Checkout returns the checkout with the ID.
func (g *Graph) Checkout(id string) *Checkout {
	c := g.checkouts[id]
	if c == nil {
		c = &Checkout{g: g, Checkout: report.Checkout{ID: id}}
		g.checkouts[id] = c
	}
	return c
}

// Ref returns the reference of the checkout.
func (c *Checkout) Ref() object.Ref {
	return object.CheckoutRef(c.Checkout.ID)
}

// Known reports whether the checkout is in the database.
func (c *Checkout) Known() bool { return c.known }

// Revision returns the revision of the checkout. It has no commit if the checkout names
// none.
func (c *Checkout) Revision() *Revision {
	ref, ok := object.RevisionOf(&c.Checkout)
	if !ok {
		return &Revision{g: c.g, checkouts: []*Checkout{c}, read: true}
	}
	return c.g.Revision(ref.ID[0], ref.ID[1])
}

// Tree, Repository, Branch, Commit and CommitName say which code was checked out.
func (c *Checkout) Tree() string       { return text(c.TreeName) }
func (c *Checkout) Repository() string { return text(c.GitRepositoryURL) }
func (c *Checkout) Branch() string     { return text(c.GitRepositoryBranch) }
func (c *Checkout) Commit() string     { return text(c.GitCommitHash) }
func (c *Checkout) CommitName() string { return text(c.GitCommitName) }

// Start returns when the CI system began the checkout.
func (c *Checkout) Start() time.Time { return value(c.StartTime) }

// Log returns the URL of the log, and Excerpt the part of the log that the report
// contains.
func (c *Checkout) Log() string     { return text(c.LogURL) }
func (c *Checkout) Excerpt() string { return text(c.LogExcerpt) }

// Remark returns the comment.
func (c *Checkout) Remark() string { return text(c.Comment) }

// Validity returns PASS if checking out and patching succeeded, FAIL if not, and "" if
// unknown.
func (c *Checkout) Validity() report.Status {
	switch {
	case c.Valid == nil:
		return ""
	case *c.Valid:
		return report.StatusPass
	}
	return report.StatusFail
}

// Extra returns the misc object.
func (c *Checkout) Extra() map[string]any { return c.extra.get(c.Misc) }

// Builds returns the builds of the checkout.
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

// Tests returns the tests of all builds.
func (c *Checkout) Tests() (*Tests, error) {
	builds, err := c.Builds()
	if err != nil {
		return nil, err
	}
	return builds.Tests(), nil
}

// Status returns the worst status of the checkout, its builds and its tests.
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
