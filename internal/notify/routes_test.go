// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// listen returns the URL of a service that takes connections and is silent, and a
// channel that has each of these.
func listen(t *testing.T) (string, <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	connections := make(chan net.Conn, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections <- c
		}
	}()
	return "http://" + l.Addr().String(), connections
}

// hookSubscriptions are subscriptions to failing tests by a mail, and by each of the
// webhooks.
func hookSubscriptions(hooks map[string]string) map[string]string {
	files := map[string]string{"failing.yaml": failing, "webhooks.yaml": ""}
	for name, url := range hooks {
		files["webhooks.yaml"] += fmt.Sprintf("%s: {url: %s}\n", name, url)
		files["to-"+name+".yaml"] = strings.Replace(failing, "to: [dev@example.org]", "via: webhook:"+name, 1)
	}
	return files
}

// write1 has notifications of one more failing test written.
func (h *testbed) write1(n int) {
	h.t.Helper()
	h.load(aTest(fmt.Sprint("ci:t", n), "FAIL"))
	h.step("consider", h.Consider)
	h.step("write", h.Write)
}

// TestSilentHook: a webhook that takes connections and is silent delays no mail, and
// no other webhook, and is called once at a time.
func TestSilentHook(t *testing.T) {
	silent, connections := listen(t)
	var called atomic.Int64
	good := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	defer good.Close()
	h := newTestbed(t, hookSubscriptions(map[string]string{"silent": silent, "good": good.URL}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	h.load(aCheckout + "," + aBuild)
	for i := range 3 {
		h.write1(i)
		for called.Load() <= int64(i) || len(h.mails.Messages()) <= i {
			if _, err := h.Deliver(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if i == 0 {
			defer (<-connections).Close() // it is being called from now on
		}
	}
	if len(connections) != 0 {
		t.Error("the silent webhook was called several times at once")
	}
	// It is not waited for when the notifier ends, and others have its delivery at once.
	cancel()
	h.routes.workers.Wait()
	picked, err := h.store.Spool().PickDeliveries(t.Context(), "webhook:silent", 9, pick)
	if err != nil || len(picked) != 3 || slices.ContainsFunc(picked, func(d *spool.Picked) bool { return d.Attempts > 0 }) {
		t.Errorf("%v, %v", picked, err)
	}
}

// TestClosesRoutes: a webhook that is down is not called for each of many deliveries,
// but now and then for one, and for all when it is back.
func TestClosesRoutes(t *testing.T) {
	var calls, status atomic.Int64
	status.Store(http.StatusBadGateway)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(int(status.Load()))
	}))
	defer server.Close()
	h := newTestbed(t, hookSubscriptions(map[string]string{"down": server.URL}))
	h.load(aCheckout + "," + aBuild)
	const all = 12
	for i := range all {
		h.write1(i)
	}
	want := int64(0)
	deliver := func(when string, more int64) {
		t.Helper()
		for range 3 {
			h.deliver(h.Notifier)
		}
		if want += more; calls.Load() != want {
			t.Errorf("%s: %d calls, want %d", when, calls.Load(), want)
		}
	}
	deliver("at first", failuresMost)
	if len(h.mails.Messages()) != all {
		t.Errorf("%d mails, want %d", len(h.mails.Messages()), all)
	}
	if why := h.Closed()["webhook:down"]; len(h.Closed()) != 1 || !strings.Contains(why, "502") {
		t.Errorf("closed are %q", h.Closed())
	}
	h.clock.move(closedFirst - time.Second)
	deliver("while it is closed", 0)
	h.clock.move(time.Second)
	deliver("tried again", 1)
	h.clock.move(closedFirst)
	deliver("closed for longer", 0)
	h.clock.move(closedFirst)
	deliver("and tried again", 1)
	h.clock.move(100 * closedMost)
	status.Store(http.StatusOK)
	deliver("when it is back", all)
	if len(h.Closed()) != 0 {
		t.Errorf("closed are %q", h.Closed())
	}
	done, err := h.store.Spool().List(t.Context(), spool.Filter{State: spool.Done})
	if err != nil || len(done) != 2*all {
		t.Errorf("%d are done, %v", len(done), err)
	}
}

// TestForgetsRoutes: a route is closed no longer when its last deliveries are given up.
func TestForgetsRoutes(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer server.Close()
	h := newTestbed(t, hookSubscriptions(map[string]string{"down": server.URL}))
	h.load(aCheckout + "," + aBuild)
	h.write1(0)
	for range maxAttempts {
		h.clock.move(retryMost)
		h.deliver(h.Notifier)
	}
	h.clock.move(closedMost - time.Second)
	h.deliver(h.Notifier)
	if calls.Load() != maxAttempts || len(h.Closed()) != 1 {
		t.Errorf("while it is closed: %d calls, closed are %q", calls.Load(), h.Closed())
	}
	h.clock.move(time.Second)
	h.deliver(h.Notifier)
	if len(h.Closed()) != 0 || len(h.routes.byName) != 0 {
		t.Errorf("nothing waits, closed are %q, known are %d", h.Closed(), len(h.routes.byName))
	}
}

// TestWaitingStaysClosed: a route is closed as long as its only delivery waits, also while
// that is not due.
func TestWaitingStaysClosed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer server.Close()
	h := newTestbed(t, hookSubscriptions(map[string]string{"down": server.URL}))
	h.load(aCheckout + "," + aBuild)
	h.write1(0)
	for range 10 { // the next is due in hours
		h.deliver(h.Notifier)
		h.clock.move(retryMost)
	}
	h.deliver(h.Notifier)
	h.clock.move(closedMost)
	h.deliver(h.Notifier)
	if len(h.Closed()) != 1 {
		t.Errorf("a delivery waits, closed are %q", h.Closed())
	}
}

// If the mail server refuses or delays mail for one recipient, the route stays open for
// the others.
func TestRefusalsCloseNothing(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing, "other.yaml": strings.Replace(failing, "dev@", "other@", 1)})
	h.mails.Refuse("dev@example.org", 451, 0)
	h.load(aCheckout + "," + aBuild)
	for i := range 3 * failuresMost {
		h.write1(i)
	}
	h.deliver(h.Notifier)
	if len(h.mails.Messages()) != 3*failuresMost || len(h.Closed()) != 0 {
		t.Errorf("%d mails, closed are %q", len(h.mails.Messages()), h.Closed())
	}
}

// TestRoutesAreBounded: the number of workers is bounded, however many routes there
// are, and each route gets its turn.
func TestRoutesAreBounded(t *testing.T) {
	names := func() []string {
		all := []string{spool.Mail}
		for i := range 3 * hooksAtOnce {
			all = append(all, fmt.Sprintf("webhook:%03d", i))
		}
		return all
	}
	var w routes
	now := time.Unix(0, 0)
	served := map[string]int{}
	for round := range 6 {
		taken := w.take(names(), now)
		if len(taken) != hooksAtOnce+1 || !slices.Contains(taken, spool.Mail) {
			t.Fatalf("%d workers", len(taken))
		}
		if again := w.take(names(), now); len(again) != 0 {
			t.Fatalf("%d more workers", len(again))
		}
		now = now.Add(time.Second)
		for _, name := range taken {
			served[name]++
			if round%2 == 0 && name != spool.Mail {
				w.failed(name, now, 0, "down")
			}
			w.release(name, now)
		}
	}
	for _, name := range names()[1:] {
		if served[name] != 2 {
			t.Errorf("%s had %d turns, want 2", name, served[name])
		}
	}
}

// TestDeliveryPanics: a delivery that panics fails, and the others go on.
func TestDeliveryPanics(t *testing.T) {
	h := newTestbed(t, hookSubscriptions(map[string]string{"odd": "https://hooks.example.org"}))
	h.Hooks = nil
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	h.expect("dev@example.org: boot :FAIL")
	failed, err := h.store.Spool().List(t.Context(), spool.Filter{State: spool.Failed})
	if err != nil || len(failed) != 1 || !strings.HasPrefix(failed[0].Deliveries[0].Error, "panic: ") {
		t.Errorf("%+v, %v", failed, err)
	}
	if !strings.Contains(h.log.String(), "routes_test.go") && !strings.Contains(h.log.String(), "deliver.go") {
		t.Errorf("the log does not tell where:\n%s", h.log)
	}
}
