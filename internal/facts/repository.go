// SPDX-License-Identifier: Apache-2.0

package facts

import "strings"

// repositorySchemes are the schemes of URLs that reach the same repository.
var repositorySchemes = []string{"https://", "git://", "http://", "ssh://"}

// RepositoryKey returns the same text for all URLs of one repository, HOST/PATH:
// without scheme and user, without "/" and ".git" at the end, and with the host in
// lower case. Paths keep their case, because servers distinguish it. The host
// kernel.googlesource.com mirrors git.kernel.org path by path, and counts as the same.
// The key of "" is "/".
func RepositoryKey(url string) string {
	for _, scheme := range repositorySchemes {
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
