// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// Chart returns the history of the results: a bar for each revision, with the worst verdict at
// its foot. It returns nil if there are no results.
func (p *page) Chart() *shell.Chart {
	sum := make(verdict.Counts)
	for _, counts := range p.Total {
		sum.Add(counts)
	}
	if sum.Total() == 0 {
		return nil
	}
	c := &shell.Chart{Title: "Results by revision", First: "Revision"}
	kinds := slices.DeleteFunc(slices.Clone(verdict.Kinds), func(k verdict.Kind) bool { return sum[k] == 0 })
	for _, k := range kinds {
		c.Series = append(c.Series, shell.Series{Name: k.Phrase(), Class: "f-" + string(k)})
	}
	for i := range p.Revisions {
		row := shell.ChartRow{Name: p.Revisions[i].Name(), URL: p.URL(&p.Revisions[i])}
		for _, k := range kinds {
			row.N = append(row.N, p.Total[i][k])
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}
