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
	loads := 60
	if testing.Short() {
		loads = 20
	}
	const tests = 7 // in each report; one of them fails
	h.load(aCheckout + "," + aBuild)
	h.work()

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
				n := h.notifier(fmt.Sprint("n", i, " life ", life))
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+dice.IntN(150))*time.Millisecond)
				n.runUntilKilled(ctx, dice)
				cancel()
				h.clock.move(time.Duration(dice.IntN(60)) * time.Second)
			}
		})
	}
	for i := range loads {
		r := &report.Report{}
		for j := range tests {
			status, path := report.StatusPass, "boot"
			if j == 0 {
				status = report.StatusFail
			}
			r.Tests = append(r.Tests, report.Test{ID: fmt.Sprintf("ci:t%d-%d", i, j), Origin: "ci", BuildID: "ci:b1", Path: &path, Status: &status})
		}
		if _, err := h.store.Load(t.Context(), r, store.LoadOptions{Note: true}); err != nil {
			t.Fatal(err)
		}
	}
	close(loading)
	people.Wait()
	// One notifier that is not killed does the rest.
	for range 4 {
		h.clock.move(time.Hour)
		h.work()
	}

	counters, err := h.store.Spool().Counters(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	considered := map[string]int64{}
	for _, c := range counters {
		considered[c.Subscription] += c.Objects
		if c.Subscription == "failing" && c.Errors > 0 {
			t.Errorf("%d errors, at last %s", c.Errors, c.LastError)
		}
	}
	for _, name := range []string{"all", "failing"} {
		if considered[name] != int64(loads*tests) {
			t.Errorf("%s considered %d tests, want %d", name, considered[name], loads*tests)
		}
	}
	mails := map[string]string{}
	for _, m := range h.mails.Messages() {
		head := h.parse(m.Data).Header
		id := head.Get("X-KCIDB-Notification-ID")
		if mails[id] != "" && mails[id] != string(m.Data) {
			t.Errorf("two mails of %s differ", id)
		}
		mails[id] = string(m.Data)
	}
	all, err := h.store.Spool().List(t.Context(), spool.Filter{Subscription: "failing", Limit: 10_000})
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
}

// runUntilKilled does what a notifier does, until ctx ends in the middle of it.
func (n *Notifier) runUntilKilled(ctx context.Context, dice *rand.Rand) {
	steps := []func(context.Context) (bool, error){n.Consider, n.Write, n.Deliver}
	for ctx.Err() == nil {
		steps[dice.IntN(len(steps))](ctx) // what fails is tried again by the next
	}
	n.routes.workers.Wait()
}
