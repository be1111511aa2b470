// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"maps"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// ChangedCheckouts is the table of checkouts whose results changed since they were last
// judged, or that changed themselves or are gone.
const ChangedCheckouts = "changed_checkouts"

var markColumns = sqldb.Columns("checkout_id changed#")

// noteBuildsOf notes the builds of incidents, before and after the change: a result is
// judged by its incidents.
func (a *applier) noteBuildsOf(c *concerned) {
	for _, s := range c.sightings {
		a.seenBuilds.add(s.buildID)
	}
	for _, s := range c.now.sightings {
		a.seenBuilds.add(s.buildID)
	}
}

// markCheckouts marks the checkouts that changed, or whose builds, tests or incidents did.
// The mark of a checkout always becomes greater, so that a reader can delete the mark it
// read, and no later one.
func (a *applier) markCheckouts(ctx context.Context) error {
	marked := maps.Clone(a.checkouts)
	for id := range a.toJudge {
		marked.add(id)
	}
	delete(a.seenBuilds, "")
	if len(a.seenBuilds) > 0 {
		var id string
		query := "SELECT checkout_id FROM counted_builds WHERE " + a.InMany("build_id", 1)
		err := a.read(ctx, query, []any{a.List(a.seenBuilds.sorted())}, []any{&id}, func() error { marked.add(id); return nil })
		if err != nil {
			return err
		}
	}
	delete(marked, "")
	if len(marked) == 0 {
		return nil
	}
	now := time.Now().UnixMicro()
	var rows [][]any
	for _, id := range marked.sorted() {
		rows = append(rows, []any{id, now})
	}
	query := a.Insert(ChangedCheckouts, markColumns) + ` ON CONFLICT (checkout_id) DO UPDATE SET changed =
		CASE WHEN excluded.changed > changed_checkouts.changed THEN excluded.changed ELSE changed_checkouts.changed + 1 END`
	_, err := a.Each(ctx, query, markColumns, rows)
	return err
}

// MarkAll marks all checkouts, also those that were judged and are gone.
func MarkAll(ctx context.Context, tx sqldb.Tx) error {
	for _, all := range []string{"SELECT id, 0 FROM checkouts", "SELECT checkout_id, 0 FROM revision_checkouts"} {
		query := "INSERT INTO changed_checkouts (checkout_id, changed) " + all +
			" WHERE true ON CONFLICT (checkout_id) DO UPDATE SET changed = changed_checkouts.changed + 1"
		if _, err := tx.Exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}
