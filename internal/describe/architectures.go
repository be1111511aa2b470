// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
)

// architectures sums up the results of each architecture that has bad results. It returns
// none if the object has one architecture only, because its verdict says the same.
func (d *Data) architectures() (document.List, error) {
	builds, tests, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	architecture := func(b *graph.Build) string { return b.Architecture() }
	tested, err := tests.CountBy(architecture)
	if err != nil {
		return nil, err
	}
	built := builds.CountBy(architecture)
	both := summary.CountsByName{}
	for _, groups := range []map[string]summary.Counts{built, tested} {
		for name, counts := range groups {
			for status, n := range counts {
				both.Add(name, status, n)
			}
		}
	}
	if len(both) < 2 {
		return nil, nil
	}
	var list document.List
	for name, counts := range both.Sorted() {
		if graph.Bad(counts) == 0 || len(list) == maxGroups {
			continue
		}
		var sums []string
		if graph.Bad(tested[name]) > 0 {
			sums = append(sums, sum(tested[name], "test"))
		}
		if graph.Bad(built[name]) > 0 {
			sums = append(sums, sum(built[name], "build"))
		}
		name = cmp.Or(document.Cut(line(name), 30), "unknown")
		list = append(list, document.Item{Title: document.Value{Text: name + ": " + strings.Join(sums, "; ")}})
	}
	return list, nil
}
