// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/report"
)

// submission is a report with its receipt and its rejected objects.
type submission struct {
	receipt  store.Receipt
	report   *report.Report
	rejected []store.Rejected
}

// submitted returns a submission that was received n seconds after a moment.
func submitted(id string, n int, r *report.Report) submission {
	r.SetTimestamps(moment(n))
	return submission{receipt: store.Receipt{
		ID: id, Origin: "ci", Received: moment(n), Finished: moment(n + 1), Objects: r.Count(), Version: "5.3",
	}, report: r}
}

// rejecting adds a rejected object.
func (s submission) rejecting(list store.List, place int, id string) submission {
	s.rejected = append(s.rejected, store.Rejected{
		Submission: s.receipt.ID, Origin: s.receipt.Origin, Received: s.receipt.Received, List: string(list), Place: place, ID: id,
		Document: []byte(`{"tests":[{"id":"` + id + `"}]}`),
		Faults:   []report.Fault{{Kind: report.KindRequired, List: string(list), Index: place, ID: id, Pointer: "/tests/0", Expected: "a build_id", Found: "nothing"}},
	})
	s.receipt.Rejected = len(s.rejected)
	return s
}

// loadTogether loads submissions in one transaction, as the loader does.
func loadTogether(t *testing.T, db store.Store, all ...submission) {
	t.Helper()
	opts, together := store.LoadOptions{Metadata: true}, &report.Report{}
	for _, s := range all {
		opts.Receipts = append(opts.Receipts, s.receipt)
		opts.Reports = append(opts.Reports, s.report)
		opts.Rejected = append(opts.Rejected, s.rejected...)
		together.Append(s.report)
	}
	mustLoad(t, db, together, opts)
}

// receiptDetails says of each object what its load did with it.
func (s suite) receiptDetails(t *testing.T) {
	db := s.store(t)
	tests := func(status report.Status, ids ...string) *report.Report {
		r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}}}
		for _, id := range ids {
			r.Tests = append(r.Tests, report.Test{ID: id, Origin: "ci", BuildID: "ci:b", Status: &status})
		}
		return r
	}
	loadTogether(t, db, submitted("first", 1, tests(report.StatusFail, "ci:1", "ci:2", "ci:3")))
	loadTogether(t, db,
		submitted("second", 2, tests(report.StatusPass, "ci:2", "ci:1", "ci:4")),
		submitted("third", 3, tests(report.StatusFail, "ci:3")))
	for id, want := range map[string][]store.Loaded{
		"first": {{List: store.Checkouts, Effect: store.New, Count: 1, IDs: []string{"ci:c"}},
			{List: store.Tests, Effect: store.New, Count: 3, IDs: []string{"ci:1", "ci:2", "ci:3"}}},
		"second": {{List: store.Checkouts, Effect: store.Unchanged, Count: 1, IDs: []string{"ci:c"}},
			{List: store.Tests, Effect: store.New, Count: 1, IDs: []string{"ci:4"}},
			{List: store.Tests, Effect: store.Merged, Count: 2, IDs: []string{"ci:2", "ci:1"}}},
		"third": {{List: store.Checkouts, Effect: store.Unchanged, Count: 1, IDs: []string{"ci:c"}},
			{List: store.Tests, Effect: store.Unchanged, Count: 1, IDs: []string{"ci:3"}}},
	} {
		got, err := db.Receipt(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Details.Loaded); diff != "" || got.Version != "5.3" {
			t.Errorf("%s, version %q (-want +got):\n%s", id, got.Version, diff)
		}
	}
	// The details of a large submission have all numbers, and the first IDs.
	var ids []string
	for i := range 5_000 {
		ids = append(ids, fmt.Sprintf("ci:test-%d", i))
	}
	loadTogether(t, db, submitted("large", 4, tests(report.StatusDone, ids...)))
	large, err := db.Receipt(t.Context(), "large")
	if err != nil {
		t.Fatal(err)
	}
	last := large.Details.Loaded[len(large.Details.Loaded)-1]
	if n := len(last.IDs); last.Count != 5_000 || n < 1_000 || n >= 5_000 || !slices.Equal(last.IDs, ids[:n]) {
		t.Errorf("%d IDs of %d", n, last.Count)
	}
}

// receiptList returns the receipts asked for, the last finished first.
func (s suite) receiptList(t *testing.T) {
	db := s.store(t)
	empty := func(id string, n int) submission { return submitted(id, n, &report.Report{}) }
	other := empty("other", 3)
	other.receipt.Origin = "lab"
	loadTogether(t, db, empty("old", 1), empty("bad", 2).rejecting(store.Tests, 0, "ci:t"), other)
	failed := empty("failed", 4).receipt
	failed.Failure = "not a report"
	same := failed
	same.ID = "same" // of the same batch
	if err := db.SaveReceipts(t.Context(), []store.Receipt{same, failed}); err != nil {
		t.Fatal(err)
	}
	for want, q := range map[string]tray.Submissions{
		"failed same other bad old": {Most: 9},
		"failed same other":         {Most: 3},
		"failed same bad old":       {Origins: []string{"ci", "x"}, Most: 9},
		"":                          {Origins: []string{}, Most: 9},
		"failed same":               {Failed: new(true), Most: 9},
		"bad old":                   {Failed: new(false), Origins: []string{"ci"}, Most: 9},
		"bad":                       {Rejected: true, Most: 9},
		"same other bad old":        {After: &tray.Submitted{Finished: moment(5), ID: "failed"}, Most: 9},
		"other bad old":             {After: &tray.Submitted{Finished: moment(5), ID: "same"}, Most: 9},
	} {
		all, err := tray.Of(db).Receipts(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range all {
			got = append(got, r.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: got %v, want %s", q, got, want)
		}
	}
}

// tray keeps rejected objects until they are settled, and then until their receipts go.
func (s suite) tray(t *testing.T) {
	db := s.store(t)
	kept := tray.Of(db)
	ctx := t.Context()
	bad := submitted("bad", 1, &report.Report{Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}}}).
		rejecting(store.Tests, 0, "ci:1").rejecting(store.Tests, 7, "").rejecting(store.Builds, 0, "ci:b")
	loadTogether(t, db, bad)
	find := func(q tray.Question) (places []string) {
		t.Helper()
		q.Most = 9
		rows, err := kept.Find(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			places = append(places, r.At().String()+" "+string(r.State))
		}
		return places
	}
	expect := func(q tray.Question, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, find(q)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", q, diff)
		}
	}
	expect(tray.Question{}, "bad builds 0 waiting", "bad tests 0 waiting", "bad tests 7 waiting")
	expect(tray.Question{Origins: []string{"ci"}, Submission: "bad", State: tray.Waiting}, "bad builds 0 waiting", "bad tests 0 waiting", "bad tests 7 waiting")
	expect(tray.Question{Origins: []string{"lab"}})
	expect(tray.Question{Submission: "other"})
	row, err := kept.Get(ctx, tray.Place{Submission: "bad", List: "tests", Place: 7})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bad.rejected[1], row.Rejected); diff != "" || row.State != tray.Waiting || !row.Settled.IsZero() {
		t.Errorf("the object (-want +got):\n%s", diff)
	}
	if _, err := kept.Get(ctx, tray.Place{Submission: "bad", List: "tests", Place: 8}); !errors.Is(err, tray.ErrNotFound) {
		t.Errorf("an object that is not in the tray: %v", err)
	}
	if receipt, err := db.Receipt(ctx, "bad"); err != nil || receipt.Rejected != 3 {
		t.Errorf("%d rejected, %v", receipt.Rejected, err)
	}

	first := tray.Place{Submission: "bad", List: "tests", Place: 0}
	second := tray.Place{Submission: "bad", List: "tests", Place: 7}
	if err := kept.Settle(ctx, tray.Dropped, "", first); err != nil {
		t.Fatal(err)
	}
	if err := kept.Settle(ctx, tray.Corrected, "again", second, first); !errors.Is(err, tray.ErrNotFound) {
		t.Errorf("settling an object twice: %v", err)
	}
	expect(tray.Question{}, "bad builds 0 waiting", "bad tests 0 dropped", "bad tests 7 waiting")
	if err := kept.Settle(ctx, tray.Corrected, "again", second); err != nil {
		t.Fatal(err)
	}
	if row, err := kept.Get(ctx, second); err != nil || row.State != tray.Corrected || row.SettledBy != "again" || row.Settled.IsZero() {
		t.Errorf("a settled object: %+v, %v", row, err)
	}

	if err := db.PurgeReceipts(ctx, moment(1)); err != nil {
		t.Fatal(err)
	}
	expect(tray.Question{State: tray.Waiting}, "bad builds 0 waiting")
	if err := db.PurgeReceipts(ctx, moment(3)); err != nil {
		t.Fatal(err)
	}
	expect(tray.Question{})
	loadTogether(t, db, submitted("worse", 5, &report.Report{}).rejecting(store.Tests, 0, "ci:1"))
	if err := db.Empty(ctx); err != nil {
		t.Fatal(err)
	}
	expect(tray.Question{})
}

// trayCorrections settles an object that a later submission has without faults, in whatever
// order the submissions are loaded.
func (s suite) trayCorrections(t *testing.T) {
	db := s.store(t)
	tests := func(ids ...string) *report.Report {
		r := &report.Report{}
		for _, id := range ids {
			r.Tests = append(r.Tests, report.Test{ID: id, Origin: "ci", BuildID: "ci:b", Status: new(report.StatusPass)})
		}
		return r
	}
	// a batch is the submissions of one transaction: b has the object without faults before
	// the faulty one, f has faults, g is good after it, and o has another object.
	for _, c := range []struct {
		name    string
		batches []string
		by      string // the submission that corrected it; "" if it is unknown
		state   tray.State
	}{
		{"alone", []string{"f", "o"}, "", tray.Waiting},
		{"good before", []string{"b", "f"}, "", tray.Waiting},
		{"good before, loaded later", []string{"f", "b"}, "", tray.Waiting},
		{"good before, together", []string{"bf"}, "", tray.Waiting},
		{"in order", []string{"f", "g"}, "g", tray.Corrected},
		{"together", []string{"fg"}, "g", tray.Corrected},
		{"together, the other way round", []string{"gfo"}, "g", tray.Corrected},
		{"good loaded first", []string{"g", "f"}, "", tray.Corrected},
		{"all", []string{"o", "f", "bg"}, "g", tray.Corrected},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := "ci:" + strings.ReplaceAll(c.name, " ", "_")
			name := func(letter rune) string { return string(letter) + id }
			for _, batch := range c.batches {
				var all []submission
				for _, letter := range batch {
					switch letter {
					case 'b':
						all = append(all, submitted(name('b'), 1, tests(id)))
					case 'f':
						all = append(all, submitted(name('f'), 2, tests(id+":other")).rejecting(store.Tests, 3, id))
					case 'g':
						all = append(all, submitted(name('g'), 3, tests(id, id)))
					case 'o':
						all = append(all, submitted(name('o'), 3, tests(id+":other")))
					}
				}
				loadTogether(t, db, all...)
			}
			row, err := tray.Of(db).Get(t.Context(), tray.Place{Submission: name('f'), List: "tests", Place: 3})
			if err != nil {
				t.Fatal(err)
			}
			by := strings.TrimSuffix(row.SettledBy, id)
			if row.State != c.state || by != c.by || row.Settled.IsZero() != (c.state == tray.Waiting) {
				t.Errorf("%s by %q at %v", row.State, row.SettledBy, row.Settled)
			}
		})
	}

	// A load without a receipt settles nothing, and a sweep does.
	loadTogether(t, db, submitted("quiet", 1, &report.Report{}).rejecting(store.Tests, 0, "ci:quiet"))
	mustLoad(t, db, tests("ci:quiet"), store.LoadOptions{})
	at := tray.Place{Submission: "quiet", List: "tests", Place: 0}
	for i, want := range []tray.State{tray.Waiting, tray.Corrected} {
		if row, err := tray.Of(db).Get(t.Context(), at); err != nil || row.State != want {
			t.Errorf("%d sweeps: %s, %v", i, row.State, err)
		}
		if err := tray.Of(db).Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
