// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// TestCompact: objects are the same after compacting, in fewer rows, also if these come in
// many pieces. A day is compacted again only after new rows came.
func TestCompact(t *testing.T) {
	inOneGoroutine(t)
	s := readyStore(t)
	s.limits.piece = 1
	dice := rand.New(rand.NewPCG(3, 4))
	for range 3 {
		all := &report.Report{}
		for n := range 10 {
			all.Append(named(storetest.Pieces(dice), fmt.Sprint("a:", n)))
		}
		loadWithMetadata(t, s, all)
	}
	loadWithMetadata(t, s, &report.Report{Tests: []report.Test{{ID: "a:1", Origin: "a", BuildID: "a:1", Comment: new("later")}}})
	before, rows := dumped(t, s), count(t, s, "SELECT COUNT(*) FROM "+s.table("raw_tests"))
	objects := count(t, s, "SELECT COUNT(*) FROM (SELECT id FROM "+s.table("raw_tests")+" GROUP BY id, DATE(_timestamp) HAVING COUNT(*) > 1)")
	compact := func() (days int) {
		t.Helper()
		s.sent = func(q query) {
			if strings.HasPrefix(q.sql, "BEGIN") {
				days++
			}
		}
		defer func() { s.sent = nil }()
		if err := s.Compact(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, dumped(t, s)); diff != "" {
			t.Errorf("objects differ after compacting (-want +got):\n%.4000s", diff)
		}
		return days
	}
	if days := compact(); days == 0 {
		t.Error("no days were compacted")
	}
	if jobs := loadJobs(t, s, "stage_tests_"); jobs != objects {
		t.Errorf("%d jobs loaded new rows of tests, want one for each of %d", jobs, objects)
	}
	if left := count(t, s, "SELECT COUNT(*) FROM "+s.table("raw_tests")); left >= rows {
		t.Errorf("%d rows of %d after compacting", left, rows)
	}
	if days := compact(); days != 0 {
		t.Errorf("%d days without new rows were compacted", days)
	}
	late := before.Tests[1]
	late.Comment = new("late")
	loadWithMetadata(t, s, &report.Report{Tests: []report.Test{late}})
	before = dumped(t, s)
	for _, want := range []int{1, 0} {
		if days := compact(); days != want {
			t.Errorf("%d days were compacted after a late row, want %d", days, want)
		}
	}
}

// TestCompactAndLoad: a row that comes while its day is compacted is not lost.
func TestCompactAndLoad(t *testing.T) {
	inOneGoroutine(t)
	s := readyStore(t)
	row := report.Test{ID: "a:1", Origin: "a", BuildID: "a:1", Timestamp: new(time.Date(2025, 7, 1, 12, 0, 0, 0, time.UTC))}
	for range 2 {
		loadWithMetadata(t, s, &report.Report{Tests: []report.Test{row}})
	}
	s.sent = func(q query) {
		if strings.HasPrefix(q.sql, "BEGIN") {
			s.sent = nil
			row.Comment = new("late")
			loadWithMetadata(t, s, &report.Report{Tests: []report.Test{row}})
		}
	}
	if err := s.Compact(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "compact again") {
		t.Errorf("Compact while a row comes: %v", err)
	}
	for range 2 {
		if all := dumped(t, s).Tests; len(all) != 1 || all[0].Comment == nil {
			t.Errorf("the late row is lost: %+v", all)
		}
		if err := s.Compact(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
	if n := count(t, s, "SELECT COUNT(*) FROM "+s.table("raw_tests")); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func loadWithMetadata(t *testing.T, s *Store, r *report.Report) {
	t.Helper()
	if _, err := s.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
		t.Fatal(err)
	}
}

// dumped returns all objects.
func dumped(t *testing.T, s *Store) *report.Report {
	t.Helper()
	all := &report.Report{}
	for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		all.Append(r)
	}
	return all
}

// count returns the number that a query selects.
func count(t *testing.T, s *Store, sql string) int {
	t.Helper()
	for row, err := range s.rows(t.Context(), query{sql: sql}) {
		if err != nil {
			t.Fatal(err)
		}
		return int(row[0].(int64))
	}
	return 0
}

// loadJobs returns the number of load jobs into the tables whose names begin with a prefix.
func loadJobs(t *testing.T, s *Store, prefix string) (n int) {
	t.Helper()
	for all := s.client.Jobs(t.Context()); ; {
		job, err := all.Next()
		if errors.Is(err, iterator.Done) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		config, err := job.Config()
		if err != nil {
			t.Fatal(err)
		}
		if load, ok := config.(*bigquery.LoadConfig); ok && load.Dst.DatasetID == s.dataset && strings.HasPrefix(load.Dst.TableID, prefix) {
			n++
		}
	}
}
