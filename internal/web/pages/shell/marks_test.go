// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/verdict"
)

// TestCellOf: a cell shows its worst verdict, skipped before passed, and leads only to results
// that are worse.
func TestCellOf(t *testing.T) {
	for want, counts := range map[string]verdict.Counts{
		`<td class="c none"></td>`: nil,
		`<td class="c ok"><span role="img" aria-label="pass">·</span></td>`:             {verdict.OK: 7},
		`<td class="c skip"><span role="img" aria-label="2 skipped">–2</span></td>`:     {verdict.OK: 7, verdict.Skip: 2},
		`<td class="c new"><a href="/x" aria-label="N1: 1 new, of all">N1</a></td>`:     {verdict.New: 1, verdict.Skip: 2},
		`<td class="c fixed"><a href="/x" aria-label="+3: 3 fixed, of all">+3</a></td>`: {verdict.Fixed: 3, verdict.Known: 4},
	} {
		if got := string(cell(CellOf(counts, "/x", "of all"))); got != want {
			t.Errorf("%v: %s, want %s", counts, got, want)
		}
	}
}
