// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.judged()
		for text, want := range map[string]string{
			hashNew[:9]:              "revisions: mainline master " + hashNew[:9],
			"v6.13-rc1":              "revisions: mainline master 222222222, revisions: mainline master 111111111",
			"android":                "branches: git.example.org/android android/main-6.6",
			"maestro:b-old":          "objects: build maestro:b-old",
			"nothing has this text":  "",
			" nothing has this text": "",
		} {
			if got := hitsOf(s.getOK("/api/search?q=" + url.QueryEscape(text)).(map[string]any)); got != want {
				t.Errorf("%q: %s, want %s", text, got, want)
			}
		}
		for _, wrong := range []string{"", "?q=", "?q=%20", "?q=" + strings.Repeat("%C3%A9", 251)} {
			s.refused("/api/search"+wrong, 400, "q")
		}
	})
}

// hitsOf returns the hits of an answer as texts.
func hitsOf(found map[string]any) string {
	var all []string
	for _, list := range []string{"objects", "revisions", "branches", "tests", "boards", "origins", "labs", "issues", "failures"} {
		for _, hit := range found[list].([]any) {
			h := hit.(map[string]any)
			words := []any{h["type"], h["id"], h["tree"], h["branch"], h["path"], h["platform"]}
			if hash, ok := h["git_commit_hash"].(string); ok {
				words = append(words, hash[:9])
			}
			words = slices.DeleteFunc(words, func(word any) bool { return word == nil })
			all = append(all, strings.TrimSpace(fmt.Sprintln(append([]any{list + ":"}, words...)...)))
		}
	}
	return strings.Join(all, ", ")
}
