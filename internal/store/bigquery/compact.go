// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/civil"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
)

// closedAfter is how old the rows of a day are before they are compacted: BigQuery
// refuses to change rows for some 90 minutes after they came.
const closedAfter = 24 * time.Hour

// Compact merges the rows that an object has in one partition into as few as its values
// have times there, so that queries read less. It leaves out the current day and the day
// before. Objects are the same before, after and meanwhile: the new rows are staged in a
// table, and replace the old rows in one transaction.
func (s *Store) Compact(ctx context.Context, progress store.Progress) error {
	ctx, end := s.during(ctx)
	defer end()
	err := s.check(ctx)
	for i := 0; err == nil && i < len(tables); i++ {
		err = s.compactList(ctx, &tables[i], progress)
	}
	return s.failure(ctx, "compact", err)
}

func (s *Store) compactList(ctx context.Context, t *columns.Table, progress store.Progress) error {
	before := []bigquery.QueryParameter{parameter("before", s.clock.Now().UTC().Truncate(closedAfter).Add(-closedAfter))}
	var days []civil.Date
	for row, err := range s.rows(ctx, query{s.repeatedDaysSQL(t), before}) {
		if err != nil {
			return err
		}
		days = append(days, row[0].(civil.Date))
	}
	for i, day := range days {
		progress.Report("days of "+string(t.List)+" compacted", int64(i), int64(len(days)))
		if err := s.compactDay(ctx, t, day); err != nil {
			return err
		}
	}
	progress.Report("days of "+string(t.List)+" compacted", int64(len(days)), int64(len(days)))
	return nil
}

// compactDay replaces the rows of the objects that have several on a day.
func (s *Store) compactDay(ctx context.Context, t *columns.Table, day civil.Date) error {
	var file []byte
	was, is := 0, 0
	some := propertyColumns(t, nil)
	q := query{sql: s.repeatedSQL(t, day)}
	for row, err := range s.rows(ctx, query{sql: s.countRepeatedSQL(t, day)}) {
		if err != nil {
			return err
		}
		was = int(row[0].(int64))
	}
	err := s.merge(ctx, t, some, q, func(v *merging.Version) (bool, error) {
		for _, row := range split(t, v) {
			newest, ahead := v.Row[merging.TimestampColumn].(int64), int64(0)
			if at := row[merging.TimestampColumn].(int64); at > newest {
				row[merging.TimestampColumn], ahead = newest, at-newest
			}
			file = appendJSONLine(file, t, row, ahead)
			is++
		}
		return true, nil
	})
	if err != nil || is >= was {
		return err
	}
	stage := fmt.Sprintf("stage_%s_%d", t.List, s.clock.Next().UnixMicro())
	if err := s.run(ctx, query{sql: s.stageSQL(t, stage)}); err != nil {
		return err
	}
	// The table also ends by itself, if this program is interrupted.
	defer s.client.Dataset(s.dataset).Table(stage).Delete(context.WithoutCancel(ctx))
	if err := s.loadJob(ctx, stage, file); err != nil {
		return err
	}
	return s.run(ctx, query{sql: s.swapSQL(t, stage, day)})
}

// repeatedDaysSQL selects the days before a time on which objects have several rows.
func (s *Store) repeatedDaysSQL(t *columns.Table) string {
	return fmt.Sprintf("SELECT DISTINCT day FROM (SELECT DATE(_timestamp) AS day FROM %s WHERE _timestamp < @before GROUP BY day, %s HAVING COUNT(*) > 1) ORDER BY day",
		s.table(rawTable(t.List)), keyColumns(t))
}

// repeatedKeys selects the keys of the objects with several rows on a day.
func (s *Store) repeatedKeys(t *columns.Table, day civil.Date) string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s GROUP BY %[1]s HAVING COUNT(*) > 1", keyColumns(t), s.table(rawTable(t.List)), onDays(map[civil.Date]bool{day: true}))
}

// repeatedSQL selects the rows of these objects on the day.
func (s *Store) repeatedSQL(t *columns.Table, day civil.Date) string {
	return fmt.Sprintf("SELECT %s FROM %s JOIN (%s) AS repeated USING (%s) WHERE %s ORDER BY %[4]s", selection(t, propertyColumns(t, nil)),
		s.table(rawTable(t.List)), s.repeatedKeys(t, day), keyColumns(t), onDays(map[civil.Date]bool{day: true}))
}

// countRepeatedSQL counts these rows.
func (s *Store) countRepeatedSQL(t *columns.Table, day civil.Date) string {
	return fmt.Sprintf("SELECT IFNULL(SUM(n), 0) FROM (SELECT COUNT(*) AS n FROM %s WHERE %s GROUP BY %s HAVING COUNT(*) > 1)",
		s.table(rawTable(t.List)), onDays(map[civil.Date]bool{day: true}), keyColumns(t))
}

// stageSQL creates the table of new rows. BigQuery removes it after an hour.
func (s *Store) stageSQL(t *columns.Table, stage string) string {
	return fmt.Sprintf("CREATE TABLE %s LIKE %s OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 HOUR))",
		s.table(stage), s.table(rawTable(t.List)))
}

// swapSQL replaces the rows of a day by the new rows of the same objects.
func (s *Store) swapSQL(t *columns.Table, stage string, day civil.Date) string {
	all := strings.Join(append(append([]string{}, t.Columns...), aheadColumn, emptyColumn), ", ")
	return fmt.Sprintf(`BEGIN TRANSACTION;
DELETE FROM %s WHERE %s AND %s IN (SELECT %[3]s FROM %[4]s);
INSERT INTO %[1]s (%[5]s) SELECT %[5]s FROM %[4]s;
COMMIT TRANSACTION`, s.table(rawTable(t.List)), onDays(map[civil.Date]bool{day: true}), key(t), s.table(stage), all)
}
