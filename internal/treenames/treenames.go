// SPDX-License-Identifier: Apache-2.0

// Package treenames knows the names of trees: short ones that people use for the
// repositories of branches, for checkouts that do not tell.
//
// They come from a file of lines URL: NAME, trees.yaml, which is part of the
// program, and one an administrator has, which goes over it. All URLs of a
// repository have its name: facts.RepositoryKey tells which these are.
package treenames

import (
	"maps"
	"sync"

	"github.com/kcidb-go/kcidb/internal/facts"
)

// Names are names of trees by the URLs of repositories. The zero Names has none.
type Names struct {
	names map[string]string // by facts.RepositoryKey of the URL
}

// Of returns the name of the tree a checkout is of: what the checkout says itself,
// else what is known of the repository, else "".
func (n *Names) Of(treeName, repositoryURL string) string {
	if treeName != "" || n == nil {
		return treeName
	}
	return n.names[facts.RepositoryKey(repositoryURL)]
}

// Default returns the names that come with the program.
func Default() *Names { return &Names{names: maps.Clone(shipped())} }

var shipped = sync.OnceValue(func() map[string]string {
	names, err := read(shippedFile)
	if err != nil {
		panic("trees.yaml:" + err.Error()) // tested
	}
	return names
})
