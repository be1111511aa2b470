// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue"
)

// TestForeignObjects: objects of origins that the token does not name are counted, whether they
// are rejected or loaded with a warning. References to other origins do not count.
func TestForeignObjects(t *testing.T) {
	const other2 = `{"id": "ci:5", "origin": "other", "checkout_id": "other:1"}`
	for _, test := range []struct {
		rule             auth.Rule
		report           string
		foreign, objects int
	}{
		{auth.Enforce, buildsReport(goodBuild, otherBuild, other2), 2, 1},
		{auth.Warn, buildsReport(goodBuild, otherBuild, other2), 2, 3},
		{auth.Off, buildsReport(goodBuild, otherBuild, other2), 0, 3},
		{auth.Warn, buildsReport(goodBuild, badBuild, otherBuild), 1, 2},
		{auth.Warn, buildsReport(`{"id": "ci:1", "origin": "ci", "checkout_id": "other:1"}`), 0, 1},
	} {
		d, h := newReceiver(t, 0)
		registry := prometheus.NewRegistry()
		d.Auth, d.Rule, d.Partial, d.Metrics = &auth.Checker{Primary: secret.Fixed("s")}, test.rule, true, NewMetrics(registry)
		token, err := auth.Sign("s", "ci", time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest("POST", "/submit", strings.NewReader(test.report))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != 200 {
			t.Fatalf("%s: %d %s", test.rule, w.Code, w.Body)
		}
		if n := total(t, registry, "kcidb_foreign_objects_total"); n != test.foreign {
			t.Errorf("%s: %d foreign objects are counted, want %d", test.rule, n, test.foreign)
		}
		got, err := d.Queue.Pull(t.Context(), queue.Limits{Messages: 1}, time.Minute)
		if err != nil || len(got) != 1 || got[0].Message().Objects != test.objects {
			t.Errorf("%s: %v, %v, want %d objects", test.rule, got, err, test.objects)
		}
		if !d.memory.TryAcquire(1000) || !d.checking.TryAcquire(1000) {
			t.Error("memory was not given back")
		}
	}
}

// TestForeignObjectsWithoutMemory: a report whose foreign objects cannot be counted is logged.
func TestForeignObjectsWithoutMemory(t *testing.T) {
	d, _ := newReceiver(t, 0)
	var log bytes.Buffer
	d.Log, d.Wait = slog.New(slog.NewTextHandler(&log, nil)), time.Millisecond
	if !d.checking.TryAcquire(1000) {
		t.Fatal("no memory")
	}
	d.warn(t.Context(), auth.Token{ID: "0123", Origins: []string{"ci"}}, &body{receiver: d, data: []byte(buildsReport(otherBuild))}, false)
	if text := log.String(); !strings.Contains(text, "not counted") || !strings.Contains(text, "token=0123") {
		t.Errorf("the log has %q", text)
	}
}
