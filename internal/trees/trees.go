// SPDX-License-Identifier: Apache-2.0

// Package trees knows the names of trees: short ones that people use for the
// repositories of branches, for checkouts that do not tell.
package trees

// Names are names of trees by the URLs of repositories. The zero Names has none.
type Names struct {
	names map[string]string // by URL, as key returns it
}

// Of returns the name of the tree a checkout is of: what the checkout says itself,
// else what is known of the repository, else "".
func (n *Names) Of(treeName, repositoryURL string) string {
	if treeName != "" || n == nil {
		return treeName
	}
	return n.names[repositoryURL]
}
