// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// newPages returns pages of an embedded queue and a database in memory, with
// a clock that the test moves.
func newPages(t *testing.T) (*Pages, http.Handler, *time.Time) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	q, err := jetstream.Config{Dir: t.TempDir(), Logger: log}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := sqlite.OpenMemory("test")
	t.Cleanup(func() { st.Close() })
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	clock := now
	p := &Pages{Store: st, Queue: q, Log: log, Now: func() time.Time { return clock }}
	return p, routes(p), &clock
}

// routes returns a front with the routes of pages.
func routes(p *Pages) http.Handler {
	f := front.New(front.Limits{Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}) // where httptest's requests come from
	p.Routes(f)
	return f
}

func get(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://kcidb.example.org"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// golden holds a page to the file of the name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if filepath.Ext(name) == "" {
		file += ".html"
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s, -want +got (-update writes it anew):\n%s", file, diff)
	}
}
