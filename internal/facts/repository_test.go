// SPDX-License-Identifier: Apache-2.0

package facts

import "testing"

func TestRepositoryKey(t *testing.T) {
	for url, want := range map[string]string{
		"https://git.example.org/a.git":                              "git.example.org/a",
		"https://git.example.org/a":                                  "git.example.org/a",
		"https://git.example.org/a/":                                 "git.example.org/a",
		"https://git.example.org/a.git/":                             "git.example.org/a",
		"https://git.example.org/a/.git":                             "git.example.org/a",
		"git://git.example.org/a.git":                                "git.example.org/a",
		"HTTPS://GIT.Example.ORG/a.git":                              "git.example.org/a",
		"ssh://git@git.example.org/a":                                "git.example.org/a",
		"http://git.example.org/a":                                   "git.example.org/a",
		"git.example.org/a.git":                                      "git.example.org/a",
		"https://git.example.org/A":                                  "git.example.org/A",
		"https://git.example.org:8443/a":                             "git.example.org:8443/a",
		"https://git.example.org/b.git":                              "git.example.org/b",
		"https://git.example.org/a.git.git":                          "git.example.org/a.git",
		"https://kernel.googlesource.com/pub/scm/linux/kernel/git/x": "git.kernel.org/pub/scm/linux/kernel/git/x",
		"ftp://git.example.org/a":                                    "ftp://git.example.org/a",
		"https://https://git.example.org/a":                          "https://git.example.org/a",
		"":                                                           "/",
		"https://":                                                   "/",
		"a":                                                          "a/",
	} {
		if got := RepositoryKey(url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}
