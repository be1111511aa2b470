// SPDX-License-Identifier: Apache-2.0

package summary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

// Bounds of groups.
const (
	maxGroups = 1000 // of each status, so that many missing results hide no failure
	maxNames  = 10   // in Values
	maxValues = 100  // that are counted as different
)

// Groups gather results that differ only in platform, configuration or architecture, so that 500 boards that fail
// the same test are one line. Memory depends on the number of groups, and at most 1,000
// groups of a status are kept. The zero value is empty.
type Groups struct {
	groups map[groupKey]*group
	kept   map[report.Status]int // the groups of each status
	rest   Counts
}

type groupKey struct {
	status report.Status
	path   string
}

// group is a group that is still growing.
type group struct {
	n                                 int64
	platforms, configs, architectures values
	first                             string
	verdicts                          verdict.Counts
}

// Result is the result of a test. Unknown texts are "".
type Result struct {
	Path                           string
	Status                         report.Status
	Platform, Config, Architecture string
	ID                             string
	Verdict                        verdict.Kind // "" if it is not judged
}

// Group sums up the results of tests with the same status and path.
type Group struct {
	Status        report.Status
	Path          string
	N             int64  // of the results
	Platforms     Values // of the results, and so on
	Configs       Values
	Architectures Values
	First         string         // ID of the result that was added first
	Verdicts      verdict.Counts // of the results that are judged; nil for none
}

// Add adds a result.
func (g *Groups) Add(r Result) {
	if g.groups == nil {
		g.groups, g.kept, g.rest = map[groupKey]*group{}, map[report.Status]int{}, Counts{}
	}
	key := groupKey{r.Status, r.Path}
	into := g.groups[key]
	if into == nil {
		if g.kept[r.Status] == maxGroups {
			g.rest[r.Status]++
			return
		}
		g.kept[r.Status]++
		into = &group{first: r.ID}
		g.groups[key] = into
	}
	into.n++
	into.platforms.add(r.Platform)
	into.configs.add(r.Config)
	into.architectures.add(r.Architecture)
	if r.Verdict == "" {
		return
	}
	if into.verdicts == nil {
		into.verdicts = verdict.Counts{}
	}
	into.verdicts[r.Verdict]++
}

// List returns the groups: the worst status first, then the largest group, then by path.
func (g *Groups) List() []Group {
	var list []Group
	for key, from := range g.groups {
		list = append(list, Group{
			key.status, key.path, from.n,
			from.platforms.truncate(), from.configs.truncate(), from.architectures.truncate(), from.first, from.verdicts,
		})
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(compareStatuses(a.Status, b.Status), cmp.Compare(b.N, a.N), cmp.Compare(a.Path, b.Path))
	})
	return list
}

// Rest returns the numbers of results outside the groups, because their status had too
// many groups.
func (g *Groups) Rest() Counts { return g.rest }

// Values are the different values of a property.
type Values struct {
	Names []string // sorted; at most 10
	More  int      // other values, at most 90
}

// String returns the names for people: "a, b and 3 more".
func (v Values) String() string {
	names := strings.Join(v.Names, ", ")
	if v.More > 0 {
		names = fmt.Sprintf("%s and %d more", names, v.More)
	}
	return names
}

// values are different values, sorted.
type values []string

func (v *values) add(value string) {
	i, found := slices.BinarySearch(*v, value)
	if value != "" && !found && len(*v) < maxValues {
		*v = slices.Insert(*v, i, value)
	}
}

// truncate returns the first names, and the number of the others.
func (v values) truncate() Values {
	n := min(len(v), maxNames)
	return Values{slices.Clone(v[:n]), len(v) - n}
}
