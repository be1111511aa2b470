// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// maxName is the length of the name of a revision in a grid.
const maxName = 22

// Called returns the name of the revision of a row without the hash that "git describe"
// appends, or the beginning of the hash if the name is long.
func (b *board) Called(r *boards.Row) string { return called(r) }

func called(r *boards.Row) string {
	name := r.Name()
	if i := strings.LastIndex(name, "-g"); i > 0 && strings.Trim(name[i+2:], "0123456789abcdef") == "" {
		name = name[:i]
	}
	if len(name) > maxName {
		return r.Short()
	}
	return name
}

// Cells returns the cells of a row.
func (b *board) Cells(r *boards.Row) (cells []shell.Cell) {
	for _, suite := range b.Columns {
		t := r.Suites[suite]
		if t == nil {
			cells = append(cells, shell.Cell{})
			continue
		}
		cells = append(cells, shell.CellOf(t.Counts(), b.resultsURL(&r.Revision, suite), shell.Line(suite)+", "+r.Tree+" "+r.Name()))
	}
	return cells
}

// maxParameter is the most bytes of a value in a link, because pages refuse long URLs.
const maxParameter = 500

// resultsURL returns the URL of the results of a revision on the board, "" if they cannot be
// named.
func (b *board) resultsURL(r *verdicts.Revision, path string) string {
	if max(len(path), len(b.Name), len(r.Branch), len(r.Tree)) > maxParameter {
		return ""
	}
	return b.filter.Carried(shell.RevisionOn(r, "path", path, "platform", b.Name), "lab", "origin")
}

// BranchURL returns the URL of the branch of a row with the tests on the board.
func (b *board) BranchURL(r *boards.Row) string {
	return b.filter.Carried(shell.WithQuery(shell.BranchURL(r.Tree, r.Branch), "platform", b.Name), "lab", "origin")
}

// RowURL returns the URL of the revision of a row with the results on the board.
func (b *board) RowURL(r *boards.Row) string { return b.resultsURL(&r.Revision, "") }

// strip is the history of the boots of a branch, newest first.
type strip struct {
	*boards.Row
	Cells []shell.Cell
}

// addStrips adds the boots of the newest tested revisions of each branch. All strips are of
// one length.
func (b *board) addStrips() {
	longest := 0
	for _, head := range b.Rows {
		s := strip{Row: head}
		for _, r := range b.Tested {
			if r.BranchKey != head.BranchKey || len(s.Cells) == maxStrip {
				continue
			}
			if counts := r.Boots(); counts.Total() > 0 {
				cell := shell.CellOf(counts, b.resultsURL(&r.Revision, "boot"), "boots, "+r.Name())
				s.Cells = append(s.Cells, cell)
			}
		}
		if len(s.Cells) > 0 && len(b.Strips) < maxStrips {
			b.Strips = append(b.Strips, s)
			longest = max(longest, len(s.Cells))
		}
	}
	for i := range b.Strips {
		s := &b.Strips[i]
		s.Cells = append(s.Cells, make([]shell.Cell, longest-len(s.Cells))...)
	}
}
