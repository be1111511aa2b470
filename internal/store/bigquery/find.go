// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/civil"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/walk"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// finder implements walk.Finder by the index: it finds the children of parents there, and
// the days of objects' rows. Then it reads the rows.
type finder struct{ s *Store }

const (
	// mostKeys is for how many keys the index is read. For more it costs less to read all
	// rows of the list.
	mostKeys = 100_000
	// mostDays is how many days a query names. If there are more, it names the first and
	// the last.
	mostDays = 500
	// chunkSize is how many bytes of keys a query has. BigQuery takes 1 MB of text and
	// parameters.
	chunkSize = 600_000
	// keyCost is how much of it a key costs in addition to its own bytes.
	keyCost = 32
)

// chunks splits keys into parts that queries can have.
func chunks(keys []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for len(keys) > 0 {
			n, size := 0, 0
			for n < len(keys) && (n == 0 || size+len(keys[n])+keyCost <= chunkSize) {
				size += len(keys[n]) + keyCost
				n++
			}
			if !yield(keys[:n]) {
				return
			}
			keys = keys[n:]
		}
	}
}

// Ready returns nil if the data set has the newest schema.
func (f finder) Ready(ctx context.Context) error {
	ctx, end := f.s.during(ctx)
	defer end()
	return f.s.failure(ctx, "query", f.s.check(ctx))
}

// Find returns the objects that q selects.
func (f finder) Find(ctx context.Context, q walk.Question) iter.Seq2[*report.Report, error] {
	return f.s.stream(ctx, "query", func(ctx context.Context, yield func(*report.Report, error) bool) error {
		t := tableOf(q.List)
		some := propertyColumns(t, q.Properties)
		keys := 0
		for _, all := range q.Of {
			keys += len(all)
		}
		if q.All || keys > mostKeys {
			return f.s.readAll(ctx, t, some, yield)
		}
		days, err := f.s.locate(ctx, q)
		if err != nil {
			return err
		}
		ids := slices.Sorted(maps.Keys(days))
		if len(ids) > mostKeys {
			return f.s.readAll(ctx, t, some, yield)
		}
		for part := range chunks(ids) {
			of := make(map[civil.Date]bool)
			for _, id := range part {
				for _, day := range days[id] {
					of[day] = true
				}
			}
			rows := func(some []int) query {
				return query{f.s.someSQL(t, some, of), []bigquery.QueryParameter{parameter("ids", part)}}
			}
			columns, err := f.s.estimated(ctx, t, some, rows)
			if err != nil {
				return err
			}
			if more, err := f.s.read(ctx, t, columns, rows(columns), yield); err != nil || !more {
				return err
			}
		}
		return nil
	})
}

// readAll yields all objects of a list.
func (s *Store) readAll(ctx context.Context, t *columns.Table, some []int, yield func(*report.Report, error) bool) error {
	some, err := s.estimated(ctx, t, some, func(some []int) query { return s.allSQL(t, some) })
	if err != nil {
		return err
	}
	_, err = s.read(ctx, t, some, s.allSQL(t, some), yield)
	return err
}

// stream returns what f yields, and behind it the error of f, if there is one.
func (s *Store) stream(ctx context.Context, operation string, f func(context.Context, func(*report.Report, error) bool) error) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		ctx, end := s.during(ctx)
		defer end()
		err := s.check(ctx)
		if err == nil {
			err = f(ctx, yield)
		}
		if err != nil {
			yield(nil, s.failure(ctx, operation, err))
		}
	}
}

// propertyColumns returns the columns of properties behind the key, by their numbers; all
// columns for nil.
func propertyColumns(t *columns.Table, properties []string) (all []int) {
	for i, name := range t.Columns {
		wanted := properties == nil || i <= t.Keys
		for _, property := range properties {
			wanted = wanted || name == property || strings.HasPrefix(name, property+"_") && isPart(property)
		}
		if wanted {
			all = append(all, i)
		}
	}
	// A unit is read whole.
	return withUnits(t, all)
}

// isPart reports whether a property is a part of an object.
func isPart(property string) bool {
	return property == "environment" || property == "number" || property == "culprit"
}

// withUnits adds the other columns of the columns' units.
func withUnits(t *columns.Table, some []int) []int {
	for _, u := range t.Units {
		for i := u.From; i < u.To; i++ {
			if slices.Contains(some, i) {
				for j := u.From; j < u.To; j++ {
					some = append(some, j)
				}
				break
			}
		}
	}
	slices.Sort(some)
	return slices.Compact(some)
}

// locate returns the days of the rows of the objects that q selects, by their IDs.
func (s *Store) locate(ctx context.Context, q walk.Question) (map[string][]civil.Date, error) {
	days := make(map[string][]civil.Date)
	children := make(map[string]bool)
	for of, keys := range q.Of {
		if of == object.TypeIssueVersion && q.List == store.Issues {
			of = object.TypeIssue
		}
		own := of == ownTypes[q.List]
		for part := range chunks(ids(keys)) {
			entries := query{s.indexSQL(part), []bigquery.QueryParameter{parameter("relation", relation(q.List, of)), parameter("keys", part)}}
			if sumOf(ctx) != nil {
				if err := s.estimate(ctx, entries); err != nil {
					return nil, err
				}
			}
			for row, err := range s.rows(ctx, entries) {
				if err != nil {
					return nil, err
				}
				if own {
					days[row[0].(string)] = append(days[row[0].(string)], row[2].(civil.Date))
				} else {
					children[row[1].(string)] = true
				}
			}
		}
	}
	for id := range days {
		delete(children, id)
	}
	if len(children) == 0 {
		return days, nil
	}
	if len(children) > mostKeys { // they are not read by their days
		for id := range children {
			days[id] = nil
		}
		return days, nil
	}
	// A child may have rows that refer to another parent, or to none.
	own := walk.Question{List: q.List, Of: map[object.Type][]store.Key{ownTypes[q.List]: nil}}
	for _, id := range slices.Sorted(maps.Keys(children)) {
		own.Of[ownTypes[q.List]] = append(own.Of[ownTypes[q.List]], store.Key{ID: id})
	}
	found, err := s.locate(ctx, own)
	maps.Copy(days, found)
	return days, err
}

// ids returns the IDs of keys, each once.
func ids(keys []store.Key) (all []string) {
	for _, k := range keys {
		all = append(all, k.ID)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// indexSQL selects the rows of the index with keys.
func (s *Store) indexSQL(keys []string) string {
	return fmt.Sprintf("SELECT DISTINCT key, id, day FROM %s WHERE %s AND relation = @relation AND key IN UNNEST(@keys)", s.table(indexTable), inBuckets(keys))
}

// allSQL selects all rows of a list, those of an object one after the other.
func (s *Store) allSQL(t *columns.Table, some []int) query {
	return query{sql: fmt.Sprintf("SELECT %s FROM %s ORDER BY %s", selection(t, some), s.table(rawTable(t.List)), keyColumns(t))}
}

// someSQL selects the rows of objects of which all rows are of the days.
func (s *Store) someSQL(t *columns.Table, some []int, days map[civil.Date]bool) string {
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s AND id IN UNNEST(@ids) ORDER BY %s",
		selection(t, some), s.table(rawTable(t.List)), onDays(days), keyColumns(t))
}

// onDays is true for the partitions of days. See inBuckets.
func onDays(days map[civil.Date]bool) string {
	all := slices.SortedFunc(maps.Keys(days), civil.Date.Compare)
	if len(all) > mostDays {
		return fmt.Sprintf("_timestamp >= TIMESTAMP '%s' AND _timestamp < TIMESTAMP_ADD(TIMESTAMP '%s', INTERVAL 1 DAY)", all[0], all[len(all)-1])
	}
	var texts []string
	for _, day := range all {
		texts = append(texts, "TIMESTAMP '"+day.String()+"'")
	}
	return "TIMESTAMP_TRUNC(_timestamp, DAY) IN (" + strings.Join(texts, ", ") + ")"
}

// selection returns the columns of a query whose answer read reads.
func selection(t *columns.Table, some []int) string {
	var all []string
	for _, i := range some {
		all = append(all, t.Columns[i])
	}
	return strings.Join(append(all, aheadColumn, emptyColumn), ", ")
}

// Branch returns the checkouts of a branch. The table of checkouts is small, so a few of
// its columns are read whole.
func (f finder) Branch(ctx context.Context, like store.Like) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		ctx, end := f.s.during(ctx)
		defer end()
		err := f.s.check(ctx)
		if err == nil {
			err = f.s.branch(ctx, like, yield)
		}
		if err != nil {
			yield("", f.s.failure(ctx, "previous builds", err))
		}
	}
}

func (s *Store) branch(ctx context.Context, like store.Like, yield func(string, error) bool) error {
	t := tableOf(store.Checkouts)
	type start struct {
		id string
		at time.Time
	}
	var all []start
	some := propertyColumns(t, []string{"origin", "git_repository_url", "git_repository_branch", "start_time"})
	_, err := s.read(ctx, t, some, s.allSQL(t, some), func(r *report.Report, _ error) bool {
		for i := range r.Checkouts {
			c := &r.Checkouts[i]
			if c.StartTime != nil && c.StartTime.Before(like.Before) && c.Origin == like.Origin &&
				equal(c.GitRepositoryURL, like.RepositoryURL) && equal(c.GitRepositoryBranch, like.Branch) {
				all = append(all, start{c.ID, *c.StartTime})
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b start) int {
		if c := b.at.Compare(a.at); c != 0 {
			return c
		}
		return strings.Compare(b.id, a.id)
	})
	for _, c := range all {
		if !yield(c.id, nil) {
			return nil
		}
	}
	return nil
}

// equal reports whether a property is the text, "" if it is absent.
func equal(property *string, text string) bool {
	if property == nil {
		return text == ""
	}
	return *property == text && text != ""
}
