// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// maxConfigs and maxArchitectures bound the matrix of builds.
const (
	maxConfigs       = 30
	maxArchitectures = 16
)

// matrix are builds, configurations by architectures. A list of cells is as long as that of
// the architectures.
type matrix struct {
	Architectures []shell.Link
	Rows          []matrixRow
	Left          int // configurations that are left out; those with most trouble are not
}

type matrixRow struct {
	Config shell.Link
	Cells  []shell.Cell
}

// matrix returns the builds by configuration and architecture; those with builds of many
// architectures come first.
func (p *page) matrix() (m matrix) {
	architectures, configs := make(map[string]int), make(map[string]verdict.Counts)
	spread := make(map[string]int)
	for t, counts := range p.sums.Builds {
		architectures[t.Architecture]++
		spread[t.Config]++
		if configs[t.Config] == nil {
			configs[t.Config] = make(verdict.Counts)
		}
		configs[t.Config].Add(counts)
	}
	columns := mostFirst(architectures)
	columns = columns[:min(maxArchitectures, len(columns))]
	for _, a := range columns {
		m.Architectures = append(m.Architectures, shell.Link{Text: named(a), URL: p.with("arch", a, "kind", string(rollup.Builds))})
	}
	rows := mostFirst(spread)
	if len(rows) > maxConfigs {
		slices.SortStableFunc(rows, func(a, b string) int { return cmp.Compare(configs[a].Worst().Rank(), configs[b].Worst().Rank()) })
		m.Left = len(rows) - maxConfigs
		rows = rows[:maxConfigs]
	}
	for _, c := range rows {
		row := matrixRow{Config: shell.Link{Text: named(c), URL: p.with("config", c)}}
		for _, a := range columns {
			url := p.with("arch", a, "config", c, "kind", string(rollup.Builds))
			row.Cells = append(row.Cells, shell.CellOf(p.sums.Builds[verdicts.Target{Architecture: a, Config: c}], url, a+" "+c))
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

// named returns a value, or a word if it is missing.
func named(value string) string { return cmp.Or(value, "not named") }

// mostFirst returns the keys of a map, those with the greatest number first.
func mostFirst(numbers map[string]int) []string {
	var keys []string
	for key := range numbers {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(numbers[b], numbers[a]), strings.Compare(a, b)) })
	return keys
}

// group is a row of the table of tests.
type group struct {
	Name    string
	Deeper  string // the URL of its second level
	Total   int64
	Counts  verdict.Counts
	Numbers []number // by verdict, as in columns
}

// number is a number of a table that filters; no URL if it does not.
type number struct {
	N     int64
	Kind  verdict.Kind
	URL   string
	Label string
}

// groupColumns are the verdicts that the table of tests has a column of.
var groupColumns = []verdict.Kind{verdict.OK, verdict.New, verdict.Still, verdict.Known, verdict.Flaky, verdict.Lab, verdict.Fixed, verdict.Skip}

// GroupColumns are the titles of the columns of the table of tests.
func (p *page) GroupColumns() (all []string) {
	for _, k := range groupColumns {
		word := k.Phrase()
		all = append(all, strings.ToUpper(word[:1])+word[1:])
	}
	return all
}

// groups returns the tests and boots by group.
func (p *page) groups() (all []group) {
	counts := make(map[string]verdict.Counts)
	for g, c := range p.sums.Groups {
		if counts[g.Name] == nil {
			counts[g.Name] = make(verdict.Counts)
		}
		counts[g.Name].Add(c)
	}
	for name, c := range counts {
		g := group{Name: named(name), Counts: c, Total: c.Total()}
		if name != "" && name != p.group() {
			g.Deeper = p.with("path", name)
		}
		for _, k := range groupColumns {
			n := number{N: c[k], Kind: k, Label: k.Phrase()}
			if name != "" && n.N > 0 {
				n.URL = p.numberURL(k, "path", name)
			}
			g.Numbers = append(g.Numbers, n)
		}
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b group) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Group is the group whose second level the page shows, "" for the first level.
func (p *page) Group() string { return p.group() }

// Groupless is the URL of the first level.
func (p *page) Groupless() string { return p.filter.With("path") }
