// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// oddStore fails, or panics, whenever it reads what is known of the test ci:odd or of
// the build ci:odd.
type oddStore struct {
	database
	fail func() error // nil: it does not
}

func (s *oddStore) odd(ids ...string) error {
	if s.fail == nil || !slices.Contains(ids, "ci:odd") {
		return nil
	}
	return s.fail()
}

func (s *oddStore) Query(ctx context.Context, q store.Query) iter.Seq2[*report.Report, error] {
	if err := s.odd(append(slices.Clone(q.Tests), q.Builds...)...); err != nil {
		return func(yield func(*report.Report, error) bool) { yield(nil, err) }
	}
	return s.database.Query(ctx, q)
}

// newOddTestbed returns a testbed whose database fails for some objects, and its
// reports: 40 failing tests, a build and a revision. The build and one of the tests
// cannot be read.
func newOddTestbed(t *testing.T, fail func() error) (*testbed, *oddStore) {
	h := newTestbed(t, map[string]string{
		"failing.yaml":  failing,
		"revision.yaml": "on: revision\nmatch: 'true'\nto: [dev@example.org]\nsubject: revision\nbody: told\n",
	})
	odd := &oddStore{h.store.database, fail}
	h.store.database = odd
	h.load(aCheckout + "," + aBuild)
	for i := range 40 {
		id := fmt.Sprint("ci:t", i)
		if i == 17 {
			id = "ci:odd"
		}
		h.load(aTest(id, "FAIL"))
	}
	h.load(`"builds": [{"id": "ci:odd", "origin": "ci", "checkout_id": "ci:c1"}]`)
	return h, odd
}

// TestSetsAside: an object that panics, or fails again and again, is set aside in the
// database. Subscribers are notified about the other objects.
func TestSetsAside(t *testing.T) {
	for name, fail := range map[string]func() error{
		"panics": func() error { panic("odd") },
		"fails":  func() error { return errors.New("odd: a row that cannot be read") },
	} {
		t.Run(name, func(t *testing.T) {
			h, odd := newOddTestbed(t, fail)
			for range maxFailures {
				if _, err := h.Consider(t.Context()); (err != nil) != (name == "fails") {
					t.Fatal(err)
				}
			}
			h.work()
			if n := len(h.mails.Messages()); n != 39+1 {
				t.Errorf("%d mails, want 39 of tests and one of the revision\n%s", n, h.log)
			}
			aside, err := h.store.Spool().List(t.Context(), spool.Filter{State: spool.SetAside})
			if err != nil || len(aside) != 2 {
				t.Fatalf("%+v, %v", aside, err)
			}
			slices.SortFunc(aside, func(a, b spool.Notification) int { return strings.Compare(b.Subscription, a.Subscription) })
			if a := aside[0]; a.Subscription != "failing" || a.Object != object.TestRef("ci:odd") || !strings.Contains(a.Reason, "odd") {
				t.Errorf("%+v", a)
			}
			if a := aside[1]; a.Subscription != anySubscription || a.Object != object.BuildRef("ci:odd") {
				t.Errorf("%+v", a)
			}
			if strings.Contains(h.log.String(), "aside_test.go") != (name == "panics") {
				t.Errorf("the log does not tell where it panicked:\n%s", h.log)
			}
			// It can be read again, and an administrator asks to try it.
			odd.fail = nil
			if err := h.store.Spool().Resend(t.Context(), aside[0].Number); err != nil {
				t.Fatal(err)
			}
			h.work()
			if n := len(h.mails.Messages()); n != 39+1+1 {
				t.Errorf("%d mails, want one more\n%s", n, h.log)
			}
		})
	}
}

// TestSetsNothingAside: trouble of the database as a whole passes, however long it
// lasts.
func TestSetsNothingAside(t *testing.T) {
	h, odd := newOddTestbed(t, func() error { return fmt.Errorf("odd: %w", store.ErrUnavailable) })
	for range 3 * maxFailures {
		if _, err := h.Consider(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
	}
	odd.fail = nil
	h.work()
	if n := len(h.mails.Messages()); n != 40+1 {
		t.Errorf("%d mails, want 40 of tests and one of the revision\n%s", n, h.log)
	}
}

// TestSetsNotificationsAside: a notification that cannot be written is set aside, at
// once if that panics, and the others are written.
func TestSetsNotificationsAside(t *testing.T) {
	for name, c := range map[string]struct {
		fail  func() error
		tries int
	}{
		"panics": {func() error { panic("odd") }, 1},
		"fails":  {func() error { return errors.New("odd: a row that cannot be read") }, maxFailures},
	} {
		t.Run(name, func(t *testing.T) {
			h, odd := newOddTestbed(t, nil)
			h.step("consider", h.Consider)
			odd.fail = c.fail
			for range c.tries {
				aside, err := h.store.Spool().List(t.Context(), spool.Filter{State: spool.SetAside})
				if err != nil || len(aside) != 0 {
					t.Fatalf("%+v, %v", aside, err)
				}
				h.step("write", h.Write)
				h.clock.move(retryFirst)
			}
			aside, err := h.store.Spool().List(t.Context(), spool.Filter{State: spool.SetAside})
			if err != nil || len(aside) != 1 || aside[0].Object != object.TestRef("ci:odd") {
				t.Fatalf("%+v, %v\n%s", aside, err, h.log)
			}
			h.work()
			if n := len(h.mails.Messages()); n != 39+1 {
				t.Errorf("%d mails, want 39 of tests and one of the revision\n%s", n, h.log)
			}
		})
	}
}

// TestFailsAlone: if what one notification asks of the shared graph fails, the others are
// written, and so is this notification once the database answers.
func TestFailsAlone(t *testing.T) {
	h := newTestbed(t, map[string]string{"build.yaml": "on: build\nmatch: 'true'\nto: [dev@example.org]\n"})
	h.load(someBuilds(5))
	h.step("consider", h.Consider)
	// The shared graph fails twice, because the standard text is tried too. Then the first
	// notification fails alone.
	asked := &askedStore{Store: h.store, asked: map[string]int{}, fails: 3}
	h.Store = asked
	h.step("write", h.Write)
	h.deliver(h.Notifier)
	if n := len(h.mails.Messages()); n != 4 {
		t.Errorf("%d mails, want 4\n%s", n, h.log)
	}
	h.clock.move(retryFirst)
	h.work()
	if n := len(h.mails.Messages()); n != 5 {
		t.Errorf("%d mails, want 5\n%s", n, h.log)
	}
}
