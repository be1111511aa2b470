// SPDX-License-Identifier: Apache-2.0

package verdicts

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Moved is the number that a variant of a test measured at two revisions: the mean if it
// measured several.
type Moved struct {
	Path, Platform                 string
	Architecture, Config, Compiler string
	ID                             string // of a test at the later revision
	Unit                           string
	Before, After                  float64
}

// Change returns how much the number changed, as a share of the number before.
func (m *Moved) Change() float64 {
	if m.Before == 0 {
		return math.Copysign(math.Inf(1), m.After)
	}
	return (m.After - m.Before) / math.Abs(m.Before)
}

// leastMove is the least change of a number that a comparison tells.
const leastMove = 0.03

// maxNumbers limits the numbers that a comparison reads.
const maxNumbers = 20_000

// measured identifies the numbers that are compared.
type measured struct {
	variant
	unit string
}

// mean is the sum of numbers, and how many they are.
type mean struct {
	sum float64
	n   float64
	id  string
}

// readNumbers reads the numbers that tests of both revisions measured.
func (w *comparing) readNumbers(ctx context.Context) error {
	if len(w.all) == 0 {
		return nil
	}
	byID := make(map[string]*build, len(w.all))
	for i := range w.all {
		byID[w.all[i].id] = &w.all[i]
	}
	type number struct {
		id, build, origin, path, unit, environment, misc string
		value                                            float64
	}
	query := fmt.Sprintf(`
		SELECT o.id, o.build_id, o.origin, %s, %s, %s, %s, o.number_value
		FROM %s o
		WHERE o.number_value IS NOT NULL AND %s LIMIT %d`,
		sqldb.Text("o.path"), sqldb.Text("o.number_unit"), sqldb.Text("o.environment_misc"), sqldb.Text("o.misc"), w.Tests(), w.In("o.build_id", 1), maxNumbers)
	var all []number
	var environments []string
	var n number
	into := []any{&n.id, &n.build, &n.origin, &n.path, &n.unit, &n.environment, &n.misc, &n.value}
	err := sqldb.Read(ctx, w.Tx, query, []any{w.List(idsOf(w.all))}, into, func() error {
		all, environments = append(all, n), append(environments, n.environment)
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.learn(ctx, environments); err != nil {
		return err
	}
	means := make(map[measured]*[2]mean)
	for _, n := range all {
		m := measured{variant{path: n.path, platform: w.environments[n.environment], built: byID[n.build].built}, n.unit}
		if !w.selects(m.variant, facts.LabOf(facts.Lab([]byte(n.misc)), n.origin), n.origin) {
			continue
		}
		if means[m] == nil {
			means[m] = new([2]mean)
		}
		for _, i := range w.at[n.build] {
			of := &means[m][i]
			of.sum, of.n, of.id = of.sum+n.value, of.n+1, max(of.id, n.id)
		}
	}
	w.findMoved(means)
	return nil
}

// selects reports whether the filter selects a variant of a test in a lab.
func (w *comparing) selects(v variant, lab, origin string) bool {
	f := &w.filter
	return facts.Wanted(f.Path).AcceptsPath(v.path) && facts.Wanted(f.Platform).Accepts(v.platform) && facts.Wanted(f.Architecture).Accepts(v.architecture) && facts.Wanted(f.Config).Accepts(v.config) && facts.Wanted(f.Compiler).Accepts(v.compiler) &&
		facts.Wanted(f.Lab).Accepts(lab) && facts.Wanted(f.Origin).Accepts(origin)
}

// findMoved finds the numbers that differ.
func (w *comparing) findMoved(means map[measured]*[2]mean) {
	for v, of := range means {
		if of[0].n == 0 || of[1].n == 0 {
			continue
		}
		w.Measured++
		m := Moved{
			Path: v.path, Platform: v.platform, Architecture: v.architecture, Config: v.config, Compiler: v.compiler,
			ID: of[1].id, Unit: v.unit, Before: of[0].sum / of[0].n, After: of[1].sum / of[1].n,
		}
		if m.Before != m.After && math.Abs(m.Change()) > leastMove {
			w.Moved = append(w.Moved, m)
		}
	}
	slices.SortFunc(w.Moved, func(a, b Moved) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Change()), math.Abs(a.Change())), strings.Compare(a.Path, b.Path), strings.Compare(a.Platform, b.Platform),
			strings.Compare(a.ID, b.ID), strings.Compare(a.Unit, b.Unit))
	})
}
