// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// Limits of the table of trees.
const (
	maxPlaced  = 5_000 // incidents of a version that are counted, the newest
	maxTested  = 40    // revisions that are looked at for results of the tests
	maxColumns = 8     // more pairs of architectures and compilers are shown by architecture
)

// matrix says in which trees the issue is seen, by architecture and compiler.
type matrix struct {
	Columns []column
	Rows    []placeRow
	Cut     bool // only the newest incidents are counted
	// Since is the first moment that is counted.
	Since time.Time
}

// column is an architecture and a compiler, which is "" if the table has too many.
type column struct{ Architecture, Compiler string }

// placeRow is a branch where the issue is seen, or where its tests ran without it.
type placeRow struct {
	Tree, Branch string
	N            int64
	First        *revision // the first revision with the issue in the time; nil if it is not seen
	FirstSeen    int64     // in microseconds since 1970
	Cells        []shell.Cell

	seen   map[column]int64
	tested map[column]bool
}

// Place returns the tree and the branch.
func (r *placeRow) Place() string { return shell.Place(r.Tree, r.Branch) }

// Seen reports whether the issue is seen there.
func (r *placeRow) Seen() bool { return r.N > 0 }

// FirstTime returns when the issue was seen there first.
func (r *placeRow) FirstTime() time.Time { return sqldb.Time(r.FirstSeen) }

// where reads in which trees the issue is seen.
func (r *room) where(ctx context.Context, p *issuePage, of answers.SightingsOf) error {
	p.Where.Since = p.Now.Add(-openFor)
	if p.Last == nil || p.Last.Time().Before(p.Where.Since) {
		return nil
	}
	of.N = maxPlaced
	seen, err := r.Answers.SeenSince(ctx, of, p.Where.Since.UnixMicro())
	if err != nil {
		return err
	}
	suites, configs := p.tests()
	tested, err := r.Answers.Tested(ctx, suites, configs, p.Where.Since.UnixMicro(), maxTested)
	if err != nil {
		return err
	}
	p.Where.fill(r, p.path(), seen, tested)
	return nil
}

// tests returns the groups of the tests, and the configurations of the builds, that the
// issue was seen in.
func (p *issuePage) tests() (suites, configs []string) {
	rows := slices.Clone(p.Incidents.Rows)
	for _, s := range []*seen{p.First, p.Last} {
		if s != nil {
			rows = append(rows, incidentRow{s.Sighting, s.In})
		}
	}
	for _, row := range rows {
		switch {
		case row.TestID == "" && row.Config != "" && !slices.Contains(configs, row.Config):
			configs = append(configs, row.Config)
		case row.Path != "" && !slices.Contains(suites, facts.Suite(row.Path)):
			suites = append(suites, facts.Suite(row.Path))
		}
	}
	return suites, configs
}

// fill makes the rows and columns. path is the path of the page.
func (m *matrix) fill(r *room, path string, seen []answers.SeenAt, tested []answers.TestedAt) {
	rows := make(map[string]*placeRow)
	at := func(b answers.Branch) *placeRow {
		tree := r.Trees.Tree(b.TreeName, b.RepositoryURL)
		key := tree + "\x00" + b.Name
		if rows[key] == nil {
			rows[key] = &placeRow{Tree: tree, Branch: b.Name, seen: make(map[column]int64), tested: make(map[column]bool)}
		}
		return rows[key]
	}
	n := int64(0)
	for _, s := range seen {
		row := at(s.Branch)
		row.N += s.N
		row.seen[column{s.Architecture, s.Compiler}] += s.N
		if row.First == nil || s.First < row.FirstSeen {
			row.First = &revision{row.Tree, row.Branch, s.CommitHash, s.PatchsetHash, cmp.Or(s.CommitName, shell.Short(s.CommitHash))}
			row.FirstSeen = s.First
		}
		n += s.N
	}
	for _, t := range tested {
		at(t.Branch).tested[column{t.Architecture, t.Compiler}] = true
	}
	m.Cut = n >= maxPlaced
	m.arrange(slices.Collect(maps.Values(rows)), path)
}

// arrange sets the columns and the rows: those with most incidents first.
func (m *matrix) arrange(rows []*placeRow, path string) {
	columns := columnsOf(rows)
	if len(columns) > maxColumns {
		for _, row := range rows {
			row.withoutCompilers()
		}
		columns = columnsOf(rows)
	}
	m.Columns = columns[:min(maxColumns, len(columns))]
	slices.SortFunc(rows, func(a, b *placeRow) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Place(), b.Place()))
	})
	for _, row := range rows {
		if row.Tree == "" {
			continue
		}
		for _, c := range m.Columns {
			row.Cells = append(row.Cells, row.cell(c, path))
		}
		m.Rows = append(m.Rows, *row)
	}
}

// columnsOf returns the columns in which the issue is seen, most often first, and then
// those with tests.
func columnsOf(rows []*placeRow) []column {
	counts := make(map[column]int64)
	for _, row := range rows {
		for c := range row.tested {
			counts[c] += 0
		}
		for c, n := range row.seen {
			counts[c] += n
		}
	}
	return slices.SortedFunc(maps.Keys(counts), func(a, b column) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.Compiler, b.Compiler))
	})
}

// withoutCompilers sums up the counts by architecture.
func (r *placeRow) withoutCompilers() {
	seen, tested := make(map[column]int64), make(map[column]bool)
	for c, n := range r.seen {
		seen[column{c.Architecture, ""}] += n
	}
	for c := range r.tested {
		tested[column{c.Architecture, ""}] = true
	}
	r.seen, r.tested = seen, tested
}

// cell returns the cell of a column, which leads to its incidents.
func (r *placeRow) cell(c column, path string) shell.Cell {
	switch n := r.seen[c]; {
	case n > 0:
		values := make(url.Values)
		for name, value := range map[string]string{"tree": r.Tree, "branch": r.Branch, "arch": c.Architecture, "compiler": c.Compiler} {
			if plain(value) {
				values.Set(name, value)
			}
		}
		return shell.Cell{Kind: verdict.Known, N: n, URL: path + "?" + values.Encode() + "#incidents", Of: r.Place() + ", " + c.Name()}
	case r.tested[c]:
		return shell.Cell{Kind: verdict.OK}
	}
	return shell.Cell{}
}

// Name returns the architecture and the compiler.
func (c column) Name() string {
	return cmp.Or(strings.TrimSpace(c.Architecture+" "+c.Compiler), "unknown")
}

// Trees returns the number of branches where the issue is seen, and of those that tested
// and did not see it.
func (m *matrix) Trees() (seen, unseen int64) {
	for i := range m.Rows {
		if m.Rows[i].Seen() {
			seen++
		} else {
			unseen++
		}
	}
	return seen, unseen
}

// Sentence returns the end of the sentence of the issue.
func (m *matrix) Sentence() string {
	seen, unseen := m.Trees()
	if seen == 0 {
		return ""
	}
	end := fmt.Sprintf("; in %d days in %s", openDays, shell.Plural(seen, "branch"))
	if unseen > 0 {
		end += fmt.Sprintf(", tested and not seen in %d", unseen)
	}
	return end
}
