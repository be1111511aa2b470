// SPDX-License-Identifier: Apache-2.0

package issue

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// example is a build or test with the issue, with the excerpt of its log.
type example struct {
	Of  incidentRow
	Log *shell.Log // nil if no excerpt was sent
	URL string     // of the whole log, "" for none
}

// Limits of the example.
const (
	maxExamples  = 5 // incidents that are looked at for an excerpt with a fault, the newest
	exampleLines = 24
)

// example reads the newest excerpt that says why, among those of a few incidents.
func (r *room) example(ctx context.Context, p *issuePage) error {
	rows := p.Incidents.Rows[:min(maxExamples, len(p.Incidents.Rows))]
	if len(rows) == 0 && p.Last != nil {
		rows = []incidentRow{{p.Last.Sighting, p.Last.In}}
	}
	found, err := r.excerpts(ctx, rows)
	if err != nil {
		return err
	}
	for _, e := range found {
		if p.Example == nil || p.Example.Log == nil || p.Example.Log.Fault == 0 && e.Log != nil && e.Log.Fault > 0 {
			p.Example = &e
		}
	}
	return nil
}

// excerpts returns the builds and tests of incidents, in their order. It leaves out those
// that do not exist.
func (r *room) excerpts(ctx context.Context, rows []incidentRow) (all []example, err error) {
	var q store.Query
	for _, row := range rows {
		if row.TestID != "" {
			q.Tests = append(q.Tests, row.TestID)
		} else if row.BuildID != "" {
			q.Builds = append(q.Builds, row.BuildID)
		}
	}
	if q.Empty() {
		return nil, nil
	}
	type object struct{ excerpt, url *string }
	tests, builds := make(map[string]object), make(map[string]object)
	for found, err := range r.Store.Query(ctx, q) {
		if err != nil {
			return nil, err
		}
		for _, t := range found.Tests {
			tests[t.ID] = object{t.LogExcerpt, t.LogURL}
		}
		for _, b := range found.Builds {
			builds[b.ID] = object{b.LogExcerpt, b.LogURL}
		}
	}
	for _, row := range rows {
		o, ok := tests[row.TestID]
		if row.TestID == "" {
			o, ok = builds[row.BuildID]
		}
		if !ok {
			continue
		}
		e := example{Of: row, URL: shell.Outside(shell.Text(o.url))}
		if excerpt := shell.Text(o.excerpt); excerpt != "" {
			e.Log = shell.LogOf(excerpt, row.Path).Short(exampleLines)
		}
		all = append(all, e)
	}
	return all, nil
}
