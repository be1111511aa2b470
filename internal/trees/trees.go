// SPDX-License-Identifier: Apache-2.0

// Package trees knows the names of trees: short ones that people use for the
// repositories of branches, for checkouts that do not tell.
//
// They come from a file of lines URL: NAME, trees.yaml, which is part of the
// program, and one an administrator has, which goes over it. URLs are compared by
// what they mean: without scheme, user, "/" and ".git" at the end, and with the
// host in any letters; kernel.googlesource.com mirrors git.kernel.org path by path,
// and is the same. Else they are compared to the letter, as servers do.
package trees

import (
	"maps"
	"strings"
	"sync"
)

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
	return n.names[key(repositoryURL)]
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

// schemes are those by which the same repository is reached.
var schemes = []string{"https://", "git://", "http://", "ssh://"}

// key returns what is the same for all URLs that mean the same repository.
func key(url string) string {
	for _, scheme := range schemes {
		if len(url) >= len(scheme) && strings.EqualFold(url[:len(scheme)], scheme) {
			url = url[len(scheme):]
			break
		}
	}
	host, path, _ := strings.Cut(url, "/")
	host = strings.ToLower(host[strings.LastIndexByte(host, '@')+1:])
	if host == "kernel.googlesource.com" {
		host = "git.kernel.org"
	}
	path = strings.TrimRight(path, "/")
	path = strings.TrimRight(strings.TrimSuffix(path, ".git"), "/")
	return host + "/" + path
}
