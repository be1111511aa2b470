// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"slices"
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
// before, and days without new rows since they were compacted. Objects are the same before,
// after and meanwhile: the new rows are staged in a table, and replace the old rows in one
// transaction.
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

// compactDay replaces the rows of the day's repeated objects.
func (s *Store) compactDay(ctx context.Context, t *columns.Table, day civil.Date) error {
	stage := fmt.Sprintf("stage_%s_%d", t.List, s.clock.Next().UnixMicro())
	if err := s.run(ctx, query{sql: s.stageSQL(t, stage)}); err != nil {
		return err
	}
	// The table also ends by itself, if this program is interrupted.
	defer s.client.Dataset(s.dataset).Table(stage).Delete(context.WithoutCancel(ctx))
	read, err := s.stageRows(ctx, t, stage, day)
	if err != nil {
		return err
	}
	return s.run(ctx, query{sql: s.swapSQL(t, stage, day, read)})
}

// stageRows loads the new rows of the day's repeated objects into a table, piece by piece.
// It returns the number of old rows.
func (s *Store) stageRows(ctx context.Context, t *columns.Table, stage string, day civil.Date) (read int, err error) {
	var piece []byte
	read, err = s.merge(ctx, t, propertyColumns(t, nil), query{sql: s.repeatedSQL(t, day)}, func(v *merging.Version) (bool, error) {
		for _, row := range split(t, v) {
			newest, ahead := v.Row[merging.TimestampColumn].(int64), int64(0)
			if at := row[merging.TimestampColumn].(int64); at > newest {
				row[merging.TimestampColumn], ahead = newest, at-newest
			}
			piece = appendJSONLine(piece, t, row, ahead)
		}
		if len(piece) < s.limits.piece {
			return true, nil
		}
		err := s.loadJob(ctx, stage, piece)
		piece = piece[:0]
		return err == nil, err
	})
	if err != nil {
		return read, err
	}
	return read, s.loadJob(ctx, stage, piece)
}

// isRepeated is true for an object with several rows on a day, unless all of them come from
// a compaction: values of several times need several rows.
const isRepeated = "COUNT(*) > 1 AND COUNTIF(" + compactedColumn + " IS NULL) > 0"

// repeatedDaysSQL selects the days before a time with repeated objects.
func (s *Store) repeatedDaysSQL(t *columns.Table) string {
	return fmt.Sprintf("SELECT DISTINCT day FROM (SELECT DATE(_timestamp) AS day FROM %s WHERE _timestamp < @before GROUP BY day, %s HAVING %s) ORDER BY day",
		s.table(rawTable(t.List)), keyColumns(t), isRepeated)
}

// repeatedSQL selects the rows of the day's repeated objects.
func (s *Store) repeatedSQL(t *columns.Table, day civil.Date) string {
	return fmt.Sprintf("SELECT %s FROM %s JOIN (SELECT %s FROM %[2]s WHERE %[4]s GROUP BY %[3]s HAVING %[5]s) AS repeated USING (%[3]s) WHERE %[4]s ORDER BY %[3]s",
		selection(t, propertyColumns(t, nil)), s.table(rawTable(t.List)), keyColumns(t), onDays(map[civil.Date]bool{day: true}), isRepeated)
}

// stageSQL creates the table of new rows. BigQuery removes it after a day.
func (s *Store) stageSQL(t *columns.Table, stage string) string {
	return fmt.Sprintf("CREATE TABLE %s LIKE %s OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY))",
		s.table(stage), s.table(rawTable(t.List)))
}

// swapSQL replaces the rows of a day by the new rows of the same objects, unless the objects
// have more rows now than were read.
func (s *Store) swapSQL(t *columns.Table, stage string, day civil.Date, read int) string {
	all := strings.Join(append(slices.Clone(t.Columns), aheadColumn, emptyColumn), ", ")
	old := fmt.Sprintf("%s WHERE %s AND %s IN (SELECT %[3]s FROM %[4]s)", s.table(rawTable(t.List)), onDays(map[civil.Date]bool{day: true}), key(t), s.table(stage))
	return fmt.Sprintf(`BEGIN TRANSACTION;
ASSERT (SELECT COUNT(*) FROM %s) = %d AS 'other loads changed the day meanwhile: compact again';
DELETE FROM %[1]s;
INSERT INTO %[3]s (%[4]s, %[5]s) SELECT %[4]s, TRUE FROM %[6]s;
COMMIT TRANSACTION`, old, read, s.table(rawTable(t.List)), all, compactedColumn, s.table(stage))
}
