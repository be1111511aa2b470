// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// TestExactlyOnce runs several notifiers while reports are loaded. They die at any
// moment, and others replace them. Each change is considered exactly once, each match
// becomes one notification, and each notification is sent at least once, always as the
// same mail.
func TestExactlyOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, db database) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		exactlyOnce(t, newTestbedOn(t, db, map[string]string{
			"all.yaml":     "on: test\nmatch: 'true'\nvia: feed\n",
			"failing.yaml": failing,
		}), rand.New(rand.NewPCG(seed, 0)))
	})
}

// onEngines runs a test on each kind of database, in parallel.
func onEngines(t *testing.T, test func(t *testing.T, db database)) {
	for name, open := range map[string]func(t *testing.T) (database, error){
		"sqlite": func(t *testing.T) (database, error) { return sqlite.Open(filepath.Join(t.TempDir(), "db")) },
		"postgresql": func(t *testing.T) (database, error) {
			return postgres.Open(strings.TrimPrefix(pgtest.Database(t), "postgresql:"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			test(t, db)
		})
	}
}

func exactlyOnce(t *testing.T, h *testbed, dice *rand.Rand) {
	h.load(aCheckout + "," + aBuild)
	h.work()
	onceUnderFire(t, h, dice, h.notifier, func(_ int, r *report.Report) {
		if _, err := h.store.Load(t.Context(), r, store.LoadOptions{Note: true}); err != nil {
			t.Fatal(err)
		}
	})
	// One notifier that is not killed does the rest.
	for range 4 {
		h.clock.move(time.Hour)
		h.work()
	}
	n := checkOnce(t, h)
	for _, name := range []string{"all", "failing"} {
		if got := h.considered()[name]; got != n {
			t.Errorf("%s considered %d tests, want %d", name, got, n)
		}
	}
}

// The reports of TestExactlyOnce.
const testsInReport = 7 // one of them fails

func reportsOfOnce() int {
	if testing.Short() {
		return 20
	}
	return 60
}

// onceUnderFire loads reports, while notifiers work and die at any moment.
func onceUnderFire(t *testing.T, h *testbed, dice *rand.Rand, notifier func(name string) *Notifier, load func(i int, r *report.Report)) {
	loading := make(chan struct{})
	var people sync.WaitGroup
	for i := range 3 {
		dice := rand.New(rand.NewPCG(dice.Uint64(), uint64(i)))
		people.Go(func() {
			for life := 0; ; life++ {
				select {
				case <-loading:
					return
				default:
				}
				n := notifier(fmt.Sprint("n", i, " life ", life))
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+dice.IntN(150))*time.Millisecond)
				n.runUntilKilled(ctx, dice)
				cancel()
				h.clock.move(time.Duration(dice.IntN(60)) * time.Second)
			}
		})
	}
	for i := range reportsOfOnce() {
		r := &report.Report{}
		for j := range testsInReport {
			status, path := report.StatusPass, "boot"
			if j == 0 {
				status = report.StatusFail
			}
			r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("ci:t%d-%d", i, j), Origin: "ci", BuildID: "ci:b1", Path: &path, Status: &status})
		}
		load(i, r)
	}
	close(loading)
	people.Wait()
}

// checkOnce checks that each test that failed has one notification, and that all mails
// of a notification are the same. It returns the number of tests.
func checkOnce(t *testing.T, h *testbed) int64 {
	loads := reportsOfOnce()
	mails := map[string]string{}
	for _, m := range h.mails.Messages() {
		head := h.parse(m.Data).Header
		id := head.Get("X-KCIDB-Notification-ID")
		if mails[id] != "" && mails[id] != string(m.Data) {
			t.Errorf("two mails of %s differ", id)
		}
		mails[id] = string(m.Data)
	}
	all, err := h.Spool.List(t.Context(), spool.Filter{Subscription: "failing", Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	if len(mails) != loads || len(all) != loads {
		t.Errorf("%d notifications, and mails of %d, want %d\n%s", len(all), len(mails), loads, h.log)
	}
	for _, n := range all {
		if n.State != spool.Done || len(n.Deliveries) != 1 || n.Deliveries[0].State != spool.Sent {
			t.Errorf("%+v", n)
		}
	}
	t.Logf("%d mails of %d notifications", len(h.mails.Messages()), loads)
	return int64(loads * testsInReport)
}

// runUntilKilled does what a notifier does, until ctx ends in the middle of it.
func (n *Notifier) runUntilKilled(ctx context.Context, dice *rand.Rand) {
	steps := []func(context.Context) (bool, error){n.Consider, n.Write, n.Deliver}
	for ctx.Err() == nil {
		steps[dice.IntN(len(steps))](ctx) // what fails is tried again by the next
	}
	n.routes.workers.Wait()
}
