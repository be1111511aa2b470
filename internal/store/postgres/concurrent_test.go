// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

// at returns the time n milliseconds after one of no importance.
func at(n int) *time.Time {
	return new(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(n) * time.Millisecond))
}

// longText returns the nth text that is kept as a content.
func longText(n int) *string { return new(strings.Repeat(fmt.Sprintf("text %d ", n), 50)) }

// versions makes objects out of a small number of IDs, each time as they are at
// another time.
type versions struct {
	rand  *rand.Rand
	newer map[string]int // the time of the newest version of each, by its list and ID
}

const identities = 25

// report returns the most of the objects of all lists, in any order, at the time n.
func (v *versions) report(n int) *report.Report {
	r := &report.Report{}
	some := func(list store.List, add func(id string, i int)) {
		for _, i := range v.rand.Perm(identities)[:identities*2/3] {
			id := fmt.Sprintf("a:%d", i)
			key := string(list) + id
			v.newer[key] = max(v.newer[key], n)
			add(id, i)
		}
	}
	comment := new(fmt.Sprint("at ", n))
	some(store.Incidents, func(id string, i int) {
		r.Incidents = append(r.Incidents, report.Incident{ID: id, Origin: "a", IssueID: "a:1", IssueVersion: i, TestID: &id, Comment: comment, Timestamp: at(n)})
	})
	some(store.Issues, func(id string, i int) {
		r.Issues = append(r.Issues, report.Issue{ID: "a:1", Version: i, Origin: "a", Comment: comment, Timestamp: at(n)})
	})
	some(store.Tests, func(id string, i int) {
		r.Tests = append(r.Tests, report.Test{ID: id, Origin: "a", BuildID: fmt.Sprintf("a:%d", i%5), Comment: comment, Timestamp: at(n),
			LogExcerpt: longText((i + n) % 20), LogURL: longText(i % 7)})
	})
	some(store.Builds, func(id string, i int) {
		r.Builds = append(r.Builds, report.Build{ID: id, Origin: "a", CheckoutID: "a:1", Comment: comment, Timestamp: at(n)})
	})
	some(store.Checkouts, func(id string, i int) {
		r.Checkouts = append(r.Checkouts, report.Checkout{ID: id, Origin: "a", Comment: comment, Timestamp: at(n)})
	})
	return r
}

// TestOverlap loads the same objects, with the same contents, from several
// sides and in different orders. No deadlock occurs, and the result is
// that of the newest versions, as if they had been loaded one by one.
func TestOverlap(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	const sides = 4
	loads := 40
	if testing.Short() {
		loads = 15
	}
	newer := make([]map[string]int, sides)
	var group sync.WaitGroup
	var stores []*Store
	for side := range sides {
		one := open(t, spec)
		stores = append(stores, one)
		v := &versions{rand.New(rand.NewPCG(uint64(side), 1)), map[string]int{}}
		newer[side] = v.newer
		group.Go(func() {
			for i := range loads {
				// Every other one comes late.
				n := (i^1)*sides + side
				opts := receipted(n)
				opts.Metadata = true
				if _, err := one.Load(t.Context(), v.report(n), opts); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, one := range stores {
		one.Close()
	}
	expectNoDeadlock(t, s)
	storetest.VerifyRollups(t, s)
	want := map[string]int{}
	for _, each := range newer {
		for key, n := range each {
			want[key] = max(want[key], n)
		}
	}
	got := map[string]int{}
	r := dumpAll(t, s)
	add := func(list store.List, id string, comment *string, stamp *time.Time) {
		n := int(stamp.Sub(*at(0)) / time.Millisecond)
		got[string(list)+id] = n
		if *comment != fmt.Sprint("at ", n) {
			t.Errorf("%s of %s is %s, at %d", list, id, *comment, n)
		}
	}
	for _, o := range r.Checkouts {
		add(store.Checkouts, o.ID, o.Comment, o.Timestamp)
	}
	for _, o := range r.Builds {
		add(store.Builds, o.ID, o.Comment, o.Timestamp)
	}
	for _, o := range r.Tests {
		add(store.Tests, o.ID, o.Comment, o.Timestamp)
		var i int
		fmt.Sscanf(o.ID, "a:%d", &i)
		if want := longText((i + want[string(store.Tests)+o.ID]) % 20); *o.LogExcerpt != *want || *o.LogURL != *longText(i % 7) {
			t.Errorf("%s has the contents %.20s and %.20s", o.ID, *o.LogExcerpt, *o.LogURL)
		}
	}
	for _, o := range r.Issues {
		add(store.Issues, fmt.Sprintf("a:%d", o.Version), o.Comment, o.Timestamp)
	}
	for _, o := range r.Incidents {
		add(store.Incidents, o.ID, o.Comment, o.Timestamp)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the times of the newest versions, -want +got:\n%s", diff)
	}
}

// TestSameReceipt has two processes load the same submission at the same moment.
// The first process loads it, and the second gets ErrLoaded.
func TestSameReceipt(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	other := open(t, spec)
	rounds := 30
	if testing.Short() {
		rounds = 10
	}
	for i := range rounds {
		var errs [2]error
		var changes [2]*store.Changes
		var group sync.WaitGroup
		for side, one := range []*Store{s, other} {
			group.Go(func() { changes[side], errs[side] = one.Load(t.Context(), sample(i), receipted(i)) })
		}
		group.Wait()
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		if errs[winner] != nil || len(changes[winner].Objects) != 1+samples {
			t.Fatalf("%v: %v", errs, changes)
		}
		expectError(t, s, errs[1-winner], store.ErrLoaded)
	}
	expectSamples(t, s, func(i int) bool { return i < rounds })
	// A submission that failed is not loaded, and may be loaded later.
	failed := receipt(1000)
	failed.Failure = "it was too late in the evening"
	if err := s.SaveReceipts(t.Context(), []store.Receipt{failed}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), sample(1000), receipted(1000)); err != nil {
		t.Error(err)
	}
	if r, err := s.Receipt(t.Context(), "1000"); err != nil || r.Failure != "" {
		t.Errorf("%+v, %v", r, err)
	}
}

// sharing is the ith test at the time n, whose contents it has in common with others.
func sharing(i, n int) report.Test {
	return report.Test{
		ID: fmt.Sprintf("a:%d", i), Origin: "a", BuildID: "a:1", Timestamp: at(n), LogExcerpt: longText(i % 11), LogURL: longText((i + n) % 3),
		Environment: &report.Environment{Misc: json.RawMessage(fmt.Sprintf(`{"platform": "%d"}`, i%5)), Compatible: []string{fmt.Sprint(i % 7)}},
		InputFiles:  []report.Resource{{Name: fmt.Sprint(i % 2), URL: "https://example.org"}},
	}
}

// TestPurgeBeside loads, purges and loads again, all at the same time. Tests
// share contents. Each content that a test refers to has to be there, and in the end no
// other content.
func TestPurgeBeside(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	for round := range uint64(rounds) {
		var group sync.WaitGroup
		for side := range uint64(3) {
			random := rand.New(rand.NewPCG(seed, 10*round+side))
			loader := open(t, spec)
			group.Go(func() {
				defer loader.Close()
				for range 25 {
					r := &report.Report{}
					for range 1 + random.IntN(8) {
						r.Tests = append(r.Tests, sharing(random.IntN(60), random.IntN(100)))
					}
					if _, err := loader.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		random := rand.New(rand.NewPCG(seed, 10*round+5))
		group.Go(func() {
			for range 6 {
				err := s.Purge(t.Context(), store.PurgeOptions{Before: *at(random.IntN(120))})
				if err != nil {
					t.Error(err)
				}
			}
		})
		group.Go(func() {
			for range 10 {
				if err := firstError(s.Dump(t.Context(), store.DumpOptions{PerReport: 7})); err != nil {
					t.Error(err)
				}
			}
		})
		group.Wait()
		for _, test := range dumpAll(t, s).Tests {
			var i int
			fmt.Sscanf(test.ID, "a:%d", &i)
			if *test.LogExcerpt != *longText(i % 11) {
				t.Errorf("%s has somebody else's log", test.ID)
			}
		}
		if err := s.Purge(t.Context(), store.PurgeOptions{Before: *at(int(round))}); err != nil {
			t.Error(err)
		}
		storetest.VerifyRollups(t, s)
		if left := orphans(t, s); left != 0 {
			t.Errorf("%d contents that nothing refers to", left)
		}
		if t.Failed() {
			return
		}
	}
	if err := s.Purge(t.Context(), store.PurgeOptions{Before: *at(1000)}); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"test_rows", "contents", "doomed"} {
		if n := value[int](t, s.pool, "SELECT count(*) FROM "+name); n != 0 {
			t.Errorf("%d %s are left of nothing", n, name)
		}
	}
}

// TestReplacedContents sweeps away what a newer report of a test has replaced.
func TestReplacedContents(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	for n := range 3 {
		r := &report.Report{Tests: []report.Test{{ID: "a:1", Origin: "a", BuildID: "a:1", Timestamp: at(n), LogExcerpt: longText(n), LogURL: longText(n + 10)}}}
		if _, err := s.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Purge(t.Context(), store.PurgeOptions{Before: *at(0)}); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, s.pool, "SELECT count(*) FROM contents"); n != 2 {
		t.Errorf("%d contents, want those of the newest", n)
	}
	if got := dumpAll(t, s).Tests; len(got) != 1 || *got[0].LogExcerpt != *longText(2) || *got[0].LogURL != *longText(12) {
		t.Errorf("%v", got)
	}
}

// TestOnePurge has a second purge say that there is one.
func TestOnePurge(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	err := s.purgingAlone(t.Context(), func() error {
		return open(t, spec).Purge(t.Context(), store.PurgeOptions{Before: *at(1)})
	})
	if !errors.Is(err, store.ErrBusy) || !strings.Contains(err.Error(), "another process purges it") {
		t.Errorf("%v", err)
	}
	if err := s.Purge(t.Context(), store.PurgeOptions{Before: *at(1)}); err != nil {
		t.Errorf("when the other is done: %v", err)
	}
}

// orphans returns how many contents nothing refers to.
func orphans(t *testing.T, s *Store) int {
	t.Helper()
	var used []string
	for i := range tables {
		for _, column := range tables[i].referenceColumns() {
			used = append(used, "SELECT "+column+" FROM "+tables[i].name)
		}
	}
	return value[int](t, s.pool, "SELECT count(*) FROM contents WHERE hash NOT IN (SELECT h FROM ("+
		strings.Join(used, " UNION ")+") AS used(h) WHERE h IS NOT NULL)")
}
