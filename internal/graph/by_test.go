// SPDX-License-Identifier: Apache-2.0

package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
)

// TestBy counts the builds and tests of a revision by each property of a build.
func TestBy(t *testing.T) {
	r := family()
	r.Builds[0].ConfigName = new("defconfig")
	r.Checkouts[0].GitRepositoryURL, r.Checkouts[0].GitRepositoryBranch = new("https://example.org/linux.git"), new("main")
	builds := must[*graph.Builds](t)(graph.New(t.Context(), open(t, r)).Revision(commit, "").Builds())
	for name, c := range map[string]struct {
		group         func(*graph.Build) string
		builds, tests map[string]string
	}{
		"architecture": {(*graph.Build).Architecture, map[string]string{"arm64": "1 PASS, 1 none", "riscv": "1 FAIL"},
			map[string]string{"arm64": "1 ERROR, 2 PASS, 1 SKIP"}},
		"configuration": {(*graph.Build).Config, map[string]string{"defconfig": "1 PASS", "": "1 FAIL, 1 none"},
			map[string]string{"defconfig": "1 PASS, 1 SKIP", "": "1 ERROR, 1 PASS"}},
		"origin": {func(b *graph.Build) string { return b.Origin }, map[string]string{"ci": "1 FAIL, 1 PASS", "lab": "1 none"},
			map[string]string{"ci": "1 PASS, 1 SKIP", "lab": "1 ERROR, 1 PASS"}},
		"repository and branch": {func(b *graph.Build) string { return b.Checkout().Repository() + " " + b.Checkout().Branch() },
			map[string]string{"https://example.org/linux.git main": "1 FAIL, 1 PASS", " ": "1 none"},
			map[string]string{"https://example.org/linux.git main": "1 PASS, 1 SKIP", " ": "1 ERROR, 1 PASS"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.builds, countsInWords(builds.CountBy(c.group))); diff != "" {
				t.Errorf("builds (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.tests, countsInWords(must[summary.CountsByName](t)(builds.Tests().CountBy(c.group)))); diff != "" {
				t.Errorf("tests (-want +got):\n%s", diff)
			}
		})
	}
}

// countsInWords writes counts in words.
func countsInWords(by summary.CountsByName) map[string]string {
	words := map[string]string{}
	for name := range by {
		words[name] = by[name].String()
	}
	return words
}
