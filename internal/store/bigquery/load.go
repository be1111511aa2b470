// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/civil"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/internal/store/walk"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Load appends the objects of r. The changes are all objects of r, without their state
// before, which is not read.
//
// Load is no transaction. After an error some of the objects may be there, and their
// submissions have no receipts. Loading them again changes nothing but their times.
func (s *Store) Load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	ctx, end := s.shortly(ctx)
	defer end()
	changes, err := s.load(ctx, r, opts)
	return changes, s.failure(ctx, "load", err)
}

// BulkSize is how many objects a load in bulk should have: some 100 MB in memory, and
// 75 million objects a day with the load jobs that a table takes.
func (s *Store) BulkSize() int { return 50_000 }

func (s *Store) load(ctx context.Context, r *report.Report, opts store.LoadOptions) (*store.Changes, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	if err := s.refuseLoaded(ctx, opts.Receipts); err != nil {
		return nil, err
	}
	at := opts.Arrival
	if at.IsZero() {
		var err error
		if at, err = s.next(ctx); err != nil {
			return nil, err
		}
	}
	b := batch{arrival: at.UnixMicro(), metadata: opts.Metadata, bulk: opts.Bulk && r.Count() >= s.limits.bulkObjects, index: rows{table: indexTable, of: indexRow}}
	for i := range tables {
		if err := b.add(ctx, s, &tables[i], r); err != nil {
			return nil, err
		}
	}
	if err := s.append(ctx, b.index); err != nil {
		return nil, err
	}
	all, within := errgroup.WithContext(ctx)
	for _, list := range b.lists {
		all.Go(func() error { return s.append(within, list.rows) })
		all.Go(func() error { return s.loadJob(within, list.table, list.file) })
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	if err := s.appendReceipts(ctx, opts.Receipts); err != nil {
		return nil, err
	}
	s.noteNewest(b.newest)
	return &b.changes, nil
}

// batch are the rows of a load.
type batch struct {
	arrival  int64 // the time of loading, microseconds
	metadata bool  // whether objects keep their own
	bulk     bool  // whether all objects go by load jobs

	index   rows
	lists   []listRows
	newest  []int64 // the newest timestamp of each list
	changes store.Changes
}

// listRows are the rows of a list.
type listRows struct {
	rows        // that are appended
	file []byte // those that go by a load job
}

// add adds the objects of a list.
func (b *batch) add(ctx context.Context, s *Store, t *columns.Table, r *report.Report) error {
	if t.Len(r) == 0 {
		return nil
	}
	if t.Repeats(r) {
		r = folded(t, r, b.arrival, b.metadata)
	}
	times, err := b.times(ctx, s, t, r)
	if err != nil {
		return err
	}
	list := listRows{rows: rows{table: rawTable(t.List), of: descriptors[t.List]}}
	newest := int64(0)
	for i := range t.Len(r) {
		at := times(i)
		if row := appendRow(nil, t.At(r, i), at.timestamp, at.ahead); len(row) < s.limits.largeRow && !b.bulk {
			list.messages = append(list.messages, row)
		} else {
			list.file = appendJSONRow(list.file, t, t.At(r, i), at)
		}
		key := t.Key(r, i)
		for _, e := range entries(t.List, r, i) {
			b.index.messages = append(b.index.messages, appendEntry(nil, t.List, e, key.ID, dayOf(at.timestamp)))
		}
		if n := len(b.changes.Objects); n == 0 || b.changes.Objects[n-1].List != t.List || b.changes.Objects[n-1].Key != key {
			b.changes.Objects = append(b.changes.Objects, store.Change{List: t.List, Key: key})
		}
		if status := statusOf(t.List, r, i); status != "" {
			b.changes.Objects[len(b.changes.Objects)-1].Now = status
		}
		newest = max(newest, at.timestamp)
	}
	b.lists = append(b.lists, list)
	b.newest = append(b.newest, newest)
	return nil
}

// descriptors are the types of the messages for each list.
var descriptors = func() map[store.List]*descriptorpb.DescriptorProto {
	all := make(map[store.List]*descriptorpb.DescriptorProto)
	for i := range tables {
		all[tables[i].List] = describe(&tables[i])
	}
	return all
}()

// statusOf returns the status of object i of a list, "" for none.
func statusOf(list store.List, r *report.Report, i int) report.Status {
	var status *report.Status
	switch list {
	case store.Builds:
		status = r.Builds[i].Status
	case store.Tests:
		status = r.Tests[i].Status
	}
	if status == nil {
		return ""
	}
	return *status
}

// rowTime is the time of a row.
type rowTime struct {
	timestamp int64 // microseconds since 1970
	ahead     int64 // by how many microseconds its values are newer
}

// times returns a function that returns the time of object i. An object that is loaded
// with metadata but has no timestamp gets that of the database, and its values are newer.
func (b *batch) times(ctx context.Context, s *Store, t *columns.Table, r *report.Report) (func(i int) rowTime, error) {
	if !b.metadata {
		return func(int) rowTime { return rowTime{timestamp: b.arrival} }, nil
	}
	var untimed []store.Key
	for i := range t.Len(r) {
		if timestampOf(t.List, r, i) == nil {
			untimed = append(untimed, t.Key(r, i))
		}
	}
	known, err := s.rowTimes(ctx, t, untimed)
	if err != nil {
		return nil, err
	}
	return func(i int) rowTime {
		if at := timestampOf(t.List, r, i); at != nil {
			return rowTime{timestamp: at.UnixMicro()}
		}
		if at, ok := known[t.Key(r, i)]; ok {
			return rowTime{at.timestamp, at.ahead + 1}
		}
		return rowTime{timestamp: b.arrival}
	}, nil
}

// timestampOf returns the timestamp of object i, nil if it has none.
func timestampOf(list store.List, r *report.Report, i int) *time.Time {
	switch list {
	case store.Checkouts:
		return r.Checkouts[i].Timestamp
	case store.Builds:
		return r.Builds[i].Timestamp
	case store.Tests:
		return r.Tests[i].Timestamp
	case store.Issues:
		return r.Issues[i].Timestamp
	}
	return r.Incidents[i].Timestamp
}

// folded returns a report with the objects of a list of r, each in as few rows as its
// values have times.
func folded(t *columns.Table, r *report.Report, arrival int64, metadata bool) *report.Report {
	all := &report.Report{}
	for v := range merging.Versions(t, r, arrival, metadata) {
		for _, row := range split(t, v) {
			reader := columns.Reader{Row: &merging.Values{Row: row}, Metadata: true}
			reader.Read(t.Add(all)) // the values come from a report
		}
	}
	return all
}

// required are the properties that objects always have. Their values are as new as the
// object.
var required = []string{"origin", "checkout_id", "build_id", "issue_id"}

// split returns the rows of a version: a row for each time that its values have, the
// newest last. All rows have the required properties.
func split(t *columns.Table, v *merging.Version) [][]any {
	if v.At == nil {
		return [][]any{v.Row}
	}
	var times []int64
	for i, u := range t.Units {
		if !merging.IsAbsent(v.Row[u.From:u.To]) {
			times = append(times, v.At[i])
		}
	}
	slices.Sort(times)
	var all [][]any
	for _, at := range slices.Compact(times) {
		row := slices.Clone(v.Row)
		row[merging.TimestampColumn] = at
		for i, u := range t.Units {
			if v.At[i] < at || v.At[i] > at && !slices.Contains(required, t.Columns[u.From]) {
				clear(row[u.From:u.To])
			}
		}
		all = append(all, row)
	}
	return all
}

// rowTimes returns the times of the newest rows of objects, and how far the values of any
// row are ahead of the newest timestamp.
func (s *Store) rowTimes(ctx context.Context, t *columns.Table, keys []store.Key) (map[store.Key]rowTime, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	days, err := s.locate(ctx, walk.Question{List: t.List, Of: map[object.Type][]store.Key{ownTypes[t.List]: keys}})
	if err != nil {
		return nil, err
	}
	known := make(map[store.Key]rowTime)
	for part := range chunks(ids(keys)) {
		of := make(map[civil.Date]bool)
		for _, id := range part {
			for _, day := range days[id] {
				of[day] = true
			}
		}
		if len(of) == 0 {
			continue
		}
		for row, err := range s.rows(ctx, query{s.rowTimesSQL(t, of), []bigquery.QueryParameter{parameter("ids", part)}}) {
			if err != nil {
				return nil, err
			}
			key := store.Key{ID: row[2].(string)}
			if t.Keys == 2 {
				key.Version = int(row[3].(int64))
			}
			newest := row[0].(time.Time).UnixMicro()
			known[key] = rowTime{newest, row[1].(int64) - newest}
		}
	}
	return known, nil
}

func (s *Store) rowTimesSQL(t *columns.Table, days map[civil.Date]bool) string {
	return fmt.Sprintf("SELECT MAX(_timestamp), MAX(UNIX_MICROS(_timestamp) + IFNULL(%s, 0)), %s FROM %s WHERE %s AND id IN UNNEST(@ids) GROUP BY %s",
		aheadColumn, keyColumns(t), s.table(rawTable(t.List)), onDays(days), keyColumns(t))
}
