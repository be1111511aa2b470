// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// merge merges rows into a table, and returns what changed.
func (l *loader) merge(ctx context.Context, tx pgx.Tx, t *table, rows []row) ([]store.Change, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	changes, err := l.mergeRows(ctx, tx, t, rows)
	if state(err) == tooLong {
		longest := slices.MaxFunc(rows, func(a, b row) int { return cmp.Compare(len(a.key.ID), len(b.key.ID)) }).key.ID
		err = fmt.Errorf("%s, whose longest ID has %d bytes, beginning with %.40q: %w", t.List, len(longest), longest, err)
	}
	return changes, err
}

func (l *loader) mergeRows(ctx context.Context, tx pgx.Tx, t *table, rows []row) (changes []store.Change, err error) {
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, copyReader(rows), t.copySQL()); err != nil {
		return nil, err
	}
	if changes, err = l.mergeStaged(ctx, tx, t, nil, t.mergeSQL(false)); err != nil {
		return nil, err
	}
	untimed := slices.ContainsFunc(rows, func(r row) bool { return r.untimed() })
	if untimed {
		if changes, err = l.mergeStaged(ctx, tx, t, changes, t.mergeSQL(true), l.arrival); err != nil {
			return nil, err
		}
	}
	if len(changes) == len(rows) {
		return changes, nil
	}
	if err := l.setTimes(ctx, tx, t, rows, changes, t.touchSQL(false)); err != nil || !untimed {
		return changes, err
	}
	return changes, l.setTimes(ctx, tx, t, rows, changes, t.touchSQL(true))
}

// mergeStaged merges the copied rows by a statement of mergeSQL, and appends the changes
// to changes.
func (l *loader) mergeStaged(ctx context.Context, tx pgx.Tx, t *table, changes []store.Change, query string, args ...any) ([]store.Change, error) {
	merged, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	change := store.Change{List: t.List}
	var was, now string
	into := []any{&change.Key.ID, &change.Key.Version}[:t.Keys]
	into = append(into, &change.Created, &was, &now)
	_, err = pgx.ForEachRow(merged, into, func() error {
		change.Was, change.Now = report.Status(was), report.Status(now)
		if t.List == store.Tests && !change.Created {
			c, err := readChanged(change.Key.ID, was, now)
			if err != nil {
				return err
			}
			change.Was, change.Now = c.was.Status, c.now.Status
			l.changed = append(l.changed, c)
		}
		changes = append(changes, change)
		return nil
	})
	return changes, err
}

// setTimes sets the times of objects that changed in nothing else, by a statement of
// touchSQL.
func (l *loader) setTimes(ctx context.Context, tx pgx.Tx, t *table, rows []row, changes []store.Change, query string) error {
	changed := make(map[store.Key]bool, len(changes))
	for _, c := range changes {
		changed[c.Key] = true
	}
	var ids []string
	var versions []int
	for _, r := range rows {
		if !changed[r.key] {
			ids = append(ids, r.key.ID)
			versions = append(versions, r.key.Version)
		}
	}
	if t.List == store.Incidents {
		l.touched = ids
	}
	_, err := tx.Exec(ctx, query, ids, versions)
	return err
}

// stagesMade marks connections that have the temporary tables.
const stagesMade = "kcidb stages"

// makeStages creates the temporary tables of the connection, which are empty at the
// beginning of each transaction.
func makeStages(ctx context.Context, conn *pgx.Conn) error {
	if conn.PgConn().CustomData()[stagesMade] != nil {
		return nil
	}
	sql := ""
	for i := range tables {
		sql += tables[i].stageSQL() + ";"
	}
	if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		return err
	}
	conn.PgConn().CustomData()[stagesMade] = true
	return nil
}
