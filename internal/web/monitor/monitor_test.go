// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// part returns a part with the given answer.
func part(name, remark string, err error, spare bool) Part {
	return Part{Name: name, Spare: spare, Check: func(context.Context) (string, error) { return remark, err }}
}

func get(m *Monitor, path string) *httptest.ResponseRecorder {
	front := front.New(front.Limits{})
	m.Routes(front)
	w := httptest.NewRecorder()
	front.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w
}

func TestReady(t *testing.T) {
	broken := errors.New("password=secret")
	for _, c := range []struct {
		parts []Part
		code  int
		want  string
	}{
		{nil, 200, ""},
		{[]Part{part("store", "", nil, false), part("queue", "full of it", nil, false)}, 200, "store: OK\nqueue: OK, full of it\n"},
		{[]Part{part("store", "", broken, false), part("queue", "", nil, false)}, 503, "store: does not answer\nqueue: OK\n"},
		{[]Part{part("loader", "", fmt.Errorf("load: %w", Trouble("nothing is loaded: full")), false)}, 503, "loader: nothing is loaded: full\n"},
		{[]Part{part("store", "", nil, false), part("replica", "another does", broken, true)}, 200, "store: OK\nreplica: does not answer, another does\n"},
	} {
		w := get(&Monitor{Registry: prometheus.NewRegistry(), Parts: c.parts, Log: slog.New(slog.DiscardHandler)}, "/ready")
		if w.Code != c.code || w.Body.String() != c.want {
			t.Errorf("%d %q, want %d %q", w.Code, w.Body, c.code, c.want)
		}
	}
}

func TestHealth(t *testing.T) {
	m := &Monitor{Registry: prometheus.NewRegistry(), Parts: []Part{part("store", "", errors.New("gone"), false)}, Log: slog.New(slog.DiscardHandler)}
	if w := get(m, "/health"); w.Code != 200 || w.Body.String() != "OK" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestMetrics shows what can be told where some of it cannot.
func TestMetrics(t *testing.T) {
	q, err := jetstream.Config{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var lagErr error
	m := &Monitor{Registry: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)}
	m.Registry.MustRegister(Uptime(func() time.Time { return now }), Queue(q, func() time.Time { return now }),
		Lag(func(context.Context) (time.Duration, error) { return 90 * time.Second, lagErr }))
	now = now.Add(time.Minute)
	expect := func(lines ...string) {
		t.Helper()
		w := get(m, "/metrics")
		for _, line := range lines {
			if w.Code != 200 || !strings.Contains(w.Body.String(), "\n"+line+"\n") {
				t.Errorf("%d, no line %q in\n%s", w.Code, line, w.Body)
			}
		}
	}
	expect("kcidb_uptime_seconds 60", "kcidb_json_files 0", "kcidb_queue_dead_letters 0", "kcidb_queue_oldest_seconds 0", "kcidb_read_database_lag_seconds 90")
	if err := q.Publish(t.Context(), queue.Message{ID: "a", Received: now, Data: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if age := regexp.MustCompile(`\nkcidb_queue_oldest_seconds (\d+)`).FindStringSubmatch(get(m, "/metrics").Body.String()); len(age) != 2 || len(age[1]) != 4 {
		t.Errorf("the age of a submission that was there for an hour: %v", age)
	}
	now = now.Add(-time.Hour)
	ds, err := q.Pull(t.Context(), queue.Limits{Messages: 1}, time.Minute)
	if err != nil || len(ds) != 1 {
		t.Fatalf("%d messages, %v", len(ds), err)
	}
	if err := ds[0].Ack(t.Context()); err != nil {
		t.Fatal(err)
	}
	lagErr = errors.New("gone")
	expect("kcidb_uptime_seconds 60", "kcidb_json_files 0")
	q.Close()
	expect("kcidb_uptime_seconds 60")
	if body := get(m, "/metrics").Body.String(); strings.Contains(body, "kcidb_read_database_lag_seconds ") || strings.Contains(body, "kcidb_json_files ") {
		t.Errorf("numbers of parts that do not answer:\n%s", body)
	}
}

// TestSpoolMetrics follows a change from the load to a mail that was given up.
func TestSpoolMetrics(t *testing.T) {
	st := sqlite.OpenMemory("test")
	defer st.Close()
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	clock := time.Now().Truncate(time.Second)
	s, _ := sqlspool.Of(st)
	s.Now = func() time.Time { return clock }
	m := &Monitor{Registry: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)}
	closed := map[string]string{}
	m.Registry.MustRegister(Uptime(s.Now), Spool(s, s, s.Now), Closed(func() map[string]string { return closed }))
	expect := func(when string, changes, waiting, ready, failed int) {
		t.Helper()
		body := get(m, "/metrics").Body.String()
		for _, line := range []string{
			fmt.Sprint("kcidb_notify_changes ", changes), fmt.Sprint("kcidb_notify_waiting ", waiting),
			fmt.Sprint("kcidb_notify_ready ", ready), fmt.Sprint("kcidb_notify_failed ", failed),
		} {
			if !strings.Contains(body, "\n"+line+"\n") {
				t.Errorf("%s: no line %q in\n%s", when, line, body)
			}
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("in the beginning", 0, 0, 0, 0)
	if body := get(m, "/metrics").Body.String(); strings.Contains(body, "kcidb_notify_closed") || !strings.Contains(body, "\nkcidb_notify_aside 0\n") {
		t.Errorf("something is closed, or aside:\n%s", body)
	}
	closed["webhook:ops"] = "502 Bad Gateway"
	check(s.Settle(t.Context(), spool.Settlement{Aside: []spool.Aside{
		{Identity: spool.Identity{Subscription: "s", Object: object.TestRef("ci:odd")}, At: clock, Why: "panic: odd"},
	}}))
	if body := get(m, "/metrics").Body.String(); !strings.Contains(body, `kcidb_notify_closed{via="webhook:ops"} 1`) ||
		!strings.Contains(body, "\nkcidb_notify_aside 1\n") || strings.Contains(body, "502") {
		t.Errorf("nothing is closed, or aside:\n%s", body)
	}
	clear(closed)
	if body := get(m, "/metrics").Body.String(); !strings.Contains(body, "\nkcidb_notify_changes_age_seconds 0\n") {
		t.Errorf("nothing has an age:\n%s", body)
	}

	check(s.Watch(t.Context()))
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci"}, {ID: "ci:2", Origin: "ci"}}}
	_, err := st.Load(t.Context(), r, store.LoadOptions{Note: true})
	check(err)
	batches, err := s.Changes(t.Context(), 9)
	if err != nil || len(batches) != 1 {
		t.Fatalf("%d batches, %v", len(batches), err)
	}
	clock = batches[0].At.Add(90 * time.Second)
	expect("loaded", 2, 0, 0, 0)
	if body := get(m, "/metrics").Body.String(); !strings.Contains(body, "\nkcidb_notify_changes_age_seconds 90\n") {
		t.Errorf("the changes are not 90 seconds old:\n%s", body)
	}
	clock = batches[0].At.Add(-time.Hour) // the clocks of two machines
	if body := get(m, "/metrics").Body.String(); !strings.Contains(body, "\nkcidb_notify_changes_age_seconds 0\n") {
		t.Errorf("what is in the future has an age:\n%s", body)
	}

	clock = batches[0].At.Add(time.Minute)
	check(s.Settle(t.Context(), spool.Settlement{Batches: []string{batches[0].ID}, Notifications: []spool.NewNotification{{
		Identity: spool.Identity{Subscription: "a", Object: object.CheckoutRef("ci:1")}, Changed: batches[0].At}}}))
	expect("considered", 0, 1, 0, 0)
	picked, err := s.PickNotifications(t.Context(), 9, time.Minute)
	if err != nil || len(picked) != 1 {
		t.Fatalf("%d notifications, %v", len(picked), err)
	}
	check(s.MarkReady(t.Context(), &picked[0], spool.Rendered{Subject: "a", Recipients: []spool.Recipient{
		{Via: spool.Mail, Address: "a@example.org"}, {Via: spool.Mail, Address: "b@example.org"}}}))
	expect("written", 0, 0, 1, 0)
	sendings, err := s.PickDeliveries(t.Context(), spool.Mail, 9, time.Minute)
	if err != nil || len(sendings) != 2 {
		t.Fatalf("%d deliveries, %v", len(sendings), err)
	}
	check(s.MarkSent(t.Context(), sendings[0]))
	check(s.MarkFailed(t.Context(), sendings[1], "nobody there"))
	expect("over", 0, 0, 0, 1)
	clock = clock.Add(25 * time.Hour)
	expect("a day later", 0, 0, 0, 0)

	st.Close()
	w := get(m, "/metrics")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "\nkcidb_uptime_seconds ") || strings.Contains(w.Body.String(), "\nkcidb_notify_") {
		t.Errorf("without a database: %d\n%s", w.Code, w.Body)
	}
}
