// SPDX-License-Identifier: Apache-2.0

// Package treenames names the trees of checkouts that do not have a tree name:
// it maps the URLs of repositories to the short names that people use.
//
// The names come from trees.yaml, a file of lines URL: NAME that is built into
// the program. An administrator's file may change them. facts.RepositoryKey
// is the same for all URLs of a repository, so that all of them have the
// repository's name.
package treenames

import (
	"maps"
	"sync"

	"github.com/kcidb-go/kcidb/internal/facts"
)

// Names maps the URLs of repositories to names of trees. The zero Names is
// empty.
type Names struct {
	names map[string]string // by facts.RepositoryKey of the URL
}

// TreeName returns the name of a checkout's tree: treeName if the checkout has it,
// otherwise the name of its repository, and "" if the repository is unknown. n may
// be nil.
func (n *Names) TreeName(treeName, repositoryURL string) string {
	if treeName != "" || n == nil {
		return treeName
	}
	return n.names[facts.RepositoryKey(repositoryURL)]
}

// Tree returns the tree of a checkout, of which all mirrors are one: TreeName, or else the
// facts.RepositoryKey of the repository; "" if the checkout names neither. n may be nil.
func (n *Names) Tree(treeName, repositoryURL string) string {
	if name := n.TreeName(treeName, repositoryURL); name != "" || repositoryURL == "" {
		return name
	}
	return facts.RepositoryKey(repositoryURL)
}

// Default returns the built-in names.
func Default() *Names { return &Names{names: maps.Clone(shipped())} }

var shipped = sync.OnceValue(func() map[string]string {
	names, err := read(shippedFile)
	if err != nil {
		panic("trees.yaml:" + err.Error()) // a test reads the file
	}
	return names
})
