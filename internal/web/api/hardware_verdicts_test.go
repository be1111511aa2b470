// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestVerdictsOfHardware(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.judged()
		const call = "/api/hardware/board-a/verdicts"
		for query, want := range map[string]string{
			"": "mainline 333: boot[ok:1] ltp[fixed:1 known:1 lab:1 ok:1 skip:2 still:1]; git.example.org/android 444: boot[ok:1]; " +
				"still ltp.syscalls.fork at 1, failing on 0; known ltp.syscalls.open at 1, failing on 0",
			"?tree=-mainline":             "git.example.org/android 444: boot[ok:1]",
			"?path=boot":                  "git.example.org/android 444: boot[ok:1]; mainline 333: boot[ok:1]",
			"?origin=none":                "",
			"?as_of=2026-03-08T18:00:00Z": "mainline 222: boot[ok:1] ltp[known:1 ok:1]; known ltp.syscalls.read at 1, failing on 0",
		} {
			if got := verdictsIn(s.getOK(call + query).(map[string]any)); got != want {
				t.Errorf("%q: %s, want %s", query, got, want)
			}
		}
		s.refused(call+"?as_of=yesterday", 400, "as_of")
	})
}

// verdictsIn returns the revisions with their groups of tests, and the verdicts of causes.
func verdictsIn(found map[string]any) string {
	var all []string
	for _, revision := range found["revisions"].([]any) {
		r := revision.(map[string]any)
		var groups []string
		for group, counts := range r["counts"].(map[string]any) {
			groups = append(groups, group+strings.TrimPrefix(fmt.Sprint(counts), "map"))
		}
		slices.Sort(groups)
		all = append(all, fmt.Sprintf("%s %.3s: %s", r["tree"], r["git_commit_hash"], strings.Join(groups, " ")))
	}
	for _, cause := range found["causes"].([]any) {
		c := cause.(map[string]any)
		all = append(all, fmt.Sprintf("%s %s at %d, failing on %v", c["verdict"], c["path"], len(c["at"].([]any)), c["others"].(map[string]any)["failing"]))
	}
	return strings.Join(all, "; ")
}
