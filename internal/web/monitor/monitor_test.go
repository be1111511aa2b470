// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
)

// part returns one that says what it is told to.
func part(name, remark string, err error, spare bool) Part {
	return Part{Name: name, Spare: spare, Check: func(context.Context) (string, error) { return remark, err }}
}

func get(m *Monitor, path string) *httptest.ResponseRecorder {
	mux := http.NewServeMux()
	m.Routes(mux)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
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
	q, err := jetstream.OpenEmbedded(t.Context(), jetstream.Config{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
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
	m.Registry.MustRegister(Uptime(func() time.Time { return now }), Queue(q),
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
	expect("kcidb_uptime_seconds 60", "kcidb_json_files 0", "kcidb_queue_dead_letters 0", "kcidb_read_database_lag_seconds 90")
	lagErr = errors.New("gone")
	expect("kcidb_uptime_seconds 60", "kcidb_json_files 0")
	q.Close()
	expect("kcidb_uptime_seconds 60")
	if body := get(m, "/metrics").Body.String(); strings.Contains(body, "kcidb_read_database_lag_seconds ") || strings.Contains(body, "kcidb_json_files ") {
		t.Errorf("numbers of parts that do not answer:\n%s", body)
	}
}
