// SPDX-License-Identifier: Apache-2.0

package summary

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/report"
)

// Counts are numbers of builds or of tests by their status; "" is the key of objects
// without a status.
type Counts map[report.Status]int64

// Total returns the sum of all counts.
func (c Counts) Total() int64 {
	var total int64
	for _, n := range c {
		total += n
	}
	return total
}

// Status returns the worst status with a count.
func (c Counts) Status() report.Status {
	var worst report.Status
	for s, n := range c {
		if n > 0 {
			worst = Worst(worst, s)
		}
	}
	return worst
}

// Add adds other counts. c must not be nil, unless other is empty.
func (c Counts) Add(other Counts) {
	for s, n := range other {
		c[s] += n
	}
}

// String returns the counts that are not zero, worst first:
// "3 FAIL, 1 ERROR, 120 PASS, 2 none". Without counts it returns "".
func (c Counts) String() string {
	var parts []string
	for _, s := range slices.SortedFunc(maps.Keys(c), compareStatuses) {
		if c[s] != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c[s], cmp.Or(s, "none")))
		}
	}
	return strings.Join(parts, ", ")
}

func compareStatuses(a, b report.Status) int {
	return cmp.Or(cmp.Compare(badness(a), badness(b)), cmp.Compare(a, b))
}

// CountsByName are counts by a property of objects: an architecture, a configuration,
// an origin, a branch of a repository.
type CountsByName map[string]Counts

// Add adds n objects of a status to those with the name. b must not be nil.
func (b CountsByName) Add(name string, status report.Status, n int64) {
	if b[name] == nil {
		b[name] = Counts{}
	}
	b[name][status] += n
}

// Sorted returns the names and their counts, worst status first, then by name.
func (b CountsByName) Sorted() iter.Seq2[string, Counts] {
	names := slices.SortedFunc(maps.Keys(b), func(x, y string) int {
		return cmp.Or(compareStatuses(b[x].Status(), b[y].Status()), cmp.Compare(x, y))
	})
	return func(yield func(string, Counts) bool) {
		for _, name := range names {
			if !yield(name, b[name]) {
				return
			}
		}
	}
}
