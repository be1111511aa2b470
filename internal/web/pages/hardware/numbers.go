// SPDX-License-Identifier: Apache-2.0

package hardware

import (
	"context"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/boards"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// number is a number that a test measures, at the newest revisions of a branch.
type number struct {
	Path, Config, Unit string
	Newest             float64
	TestID             string    // of the newest
	values             []float64 // the newest first; NaN where it was not measured
}

// addNumbers adds the numbers at the newest revisions of the branch that was tested most.
func (b *board) addNumbers(ctx context.Context, db *answers.DB) error {
	revisions := b.mostTested()
	if len(revisions) == 0 {
		return nil
	}
	b.Of = revisions[0].Revision
	place := make(map[int64]int, len(revisions))
	var keys []int64
	for i, r := range revisions {
		place[r.Key] = i
		keys = append(keys, r.Key)
	}
	all, err := db.Measurements(ctx, b.Name, keys)
	for _, m := range all { // those of one test follow each other
		if !b.filter.MatchesPath("path", m.Path) {
			continue
		}
		n := len(b.Numbers)
		if n == 0 || b.Numbers[n-1].Path != m.Path || b.Numbers[n-1].Config != m.Config || b.Numbers[n-1].Unit != m.Unit {
			b.Numbers = append(b.Numbers, number{Path: m.Path, Config: m.Config, Unit: m.Unit, values: unmeasured(len(revisions))})
			n++
		}
		b.Numbers[n-1].add(place[m.Revision], &m)
	}
	return err
}

// mostTested returns the newest tested revisions of the branch that was tested most.
func (b *board) mostTested() (all []*boards.Row) {
	tested := make(map[int64]int)
	var most int64
	for _, r := range b.Tested {
		tested[r.BranchKey]++
		if tested[r.BranchKey] > tested[most] {
			most = r.BranchKey
		}
	}
	for _, r := range b.Tested {
		if r.BranchKey == most && len(all) < maxStrip {
			all = append(all, r)
		}
	}
	return all
}

func unmeasured(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = math.NaN()
	}
	return values
}

// add adds a measurement at a revision, the first of several.
func (n *number) add(at int, m *answers.Measurement) {
	if !math.IsNaN(n.values[at]) {
		return
	}
	n.values[at] = m.Value
	if slices.IndexFunc(n.values, func(v float64) bool { return !math.IsNaN(v) }) == at {
		n.Newest, n.TestID = m.Value, m.TestID
	}
}

// NumbersShown returns the first numbers.
func (b *board) NumbersShown() []number { return b.Numbers[:min(maxNumbers, len(b.Numbers))] }

// measured returns the values in order.
func (n *number) measured() []float64 {
	all := slices.DeleteFunc(slices.Clone(n.values), math.IsNaN)
	slices.Sort(all)
	return all
}

// Value writes a value with its unit.
func (n number) Value(v float64) string { return shell.Measured(v, n.Unit) }

// Median returns the median of the values.
func (n number) Median() float64 { all := n.measured(); return all[len(all)/2] }

// Range returns the least and the greatest value, "" for a single value.
func (n number) Range() string {
	all := n.measured()
	if len(all) < 2 {
		return ""
	}
	return n.Value(all[0]) + " to " + n.Value(all[len(all)-1])
}

// Trend returns a picture of the values, the newest on the left.
func (n number) Trend() template.HTML {
	all := n.measured()
	least, spread := all[0], all[len(all)-1]-all[0]
	if spread == 0 || math.IsInf(spread, 0) {
		spread = 1
	}
	const step, height = 7, 16
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%[3]s, newest first">`,
		step*maxStrip-1, height, shell.Plural(int64(len(all)), "value"))
	for i, v := range n.values {
		if !math.IsNaN(v) {
			h := 2 + min(max((v-least)/spread, 0), 1)*(height-2)
			fmt.Fprintf(&b, `<rect class="f-dot" x="%d" y="%.1f" width="6" height="%.1f"/>`, step*i, height-h, h)
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
