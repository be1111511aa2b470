// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
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
	front := front.New(front.Limits{})
	p.Routes(front)
	return p, front, &clock
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

func TestFrontPage(t *testing.T) {
	p, h, clock := newPages(t)
	p.Tokens = true
	golden(t, "empty", get(h, "/").Body.String())

	r := &report.Report{Checkouts: []report.Checkout{
		{ID: "ci:1", Origin: "ci", TreeName: new("mainline"), GitRepositoryBranch: new("master"), GitCommitName: new("v6.19-rc1"),
			GitCommitHash: new("0123456789abcdef0123456789abcdef01234567"), StartTime: new(now.Add(-3 * time.Hour))},
		{ID: "ci:<script>", Origin: "ci", GitRepositoryBranch: new(`"><script>alert(1)</script>`), GitCommitHash: new("0123456789abcdef")},
		{ID: "ci:3", Origin: "ci"},
	}}
	for i, status := range []report.Status{report.StatusFail, report.StatusPass, report.StatusPass} {
		id := "ci:b" + string(rune('0'+i))
		r.Builds = append(r.Builds, report.Build{ID: id, Origin: "ci", CheckoutID: "ci:1", Status: &status})
		r.Tests = append(r.Tests, report.Test{ID: id, Origin: "ci", BuildID: id})
	}
	if _, err := p.Store.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := p.Queue.Publish(t.Context(), queue.Message{ID: "a", Data: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	for counted := false; !counted; { // queues count a moment later
		stats, err := p.Queue.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		counted = stats.Messages == 1
	}
	*clock = now.Add(time.Hour)
	golden(t, "full", get(h, "/", "X-Forwarded-Proto", "https").Body.String())

	p.Queue.Close()
	*clock = now.Add(2 * time.Hour)
	golden(t, "failed", get(h, "/").Body.String())
}

// A report with long names, or with names that change the direction of writing, does
// not change the front page around these names.
func TestFrontPageOfHostileNames(t *testing.T) {
	p, h, _ := newPages(t)
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci",
		TreeName: new("tree\u202e\x1b[31m"), GitRepositoryBranch: new("a\u2066\r\nb"), GitCommitName: new(strings.Repeat("c", 1<<20))}}}
	if _, err := p.Store.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	page := get(h, "/").Body.String()
	if len(page) > 16<<10 {
		t.Errorf("the page has %d bytes", len(page))
	}
	if i := strings.IndexAny(page, "\u202e\u2066\x1b\r"); i >= 0 {
		t.Errorf("the page has %q", page[i:][:4])
	}
	if want := `<b>tree\ufffd</b> <span class="branch">a\ufffd b</span>`; !strings.Contains(page, strings.ReplaceAll(want, `\ufffd`, "\ufffd")) {
		t.Errorf("%s is not in the page", want)
	}
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

func TestOneLookForAll(t *testing.T) {
	p, h, clock := newPages(t)
	counted := func() string {
		_, text, _ := strings.Cut(get(h, "/").Body.String(), "<dd>")
		text, _, _ = strings.Cut(text, "<")
		return text
	}
	if got := counted(); got != "0" {
		t.Fatalf("%s checkouts", got)
	}
	if _, err := p.Store.Load(t.Context(), &report.Report{Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci"}}}, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	*clock = now.Add(keepAtLeast - 1)
	if got := counted(); got != "0" {
		t.Errorf("a little later: %s checkouts, want what was seen before", got)
	}
	*clock = now.Add(time.Hour)
	if got := counted(); got != "1" {
		t.Errorf("later: %s checkouts", got)
	}
}

// lagging is a store that is a replica.
type lagging struct {
	*sqlite.Store
	lag time.Duration
}

func (s *lagging) Lag(context.Context) (time.Duration, error) { return s.lag, nil }

// The front page shows the age of its data if a replica lags.
func TestReplicaLags(t *testing.T) {
	for lag, want := range map[time.Duration]string{
		0: "", 59 * time.Second: "", time.Minute: "These results are a minute old: the database that they are read from lags behind.", 2 * time.Hour: "These results are 120 minutes old: ",
	} {
		p, h, _ := newPages(t)
		p.Store = &lagging{p.Store.(*sqlite.Store), lag}
		body := get(h, "/").Body.String()
		if strings.Contains(body, "These results are") != (want != "") || !strings.Contains(body, want) {
			t.Errorf("%v behind: %s", lag, body)
		}
	}
}

func TestUnchangedPagesAreNotSentAgain(t *testing.T) {
	_, h, _ := newPages(t)
	for _, path := range []string{"/", "/style.css"} {
		first := get(h, path)
		tag := first.Header().Get("ETag")
		if first.Code != 200 || tag == "" || !strings.Contains(first.Header().Get("Cache-Control"), "max-age=") {
			t.Errorf("%s: %d, %v", path, first.Code, first.Header())
		}
		if again := get(h, path, "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s again: %d, %d bytes", path, again.Code, again.Body.Len())
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1 000", 1234567: "1 234 567"} {
		if got := strings.ReplaceAll(grouped(n), "\u202f", " "); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "in the future", 0: "just now", 119 * time.Second: "just now", 2 * time.Minute: "2 minutes ago",
		119 * time.Minute: "119 minutes ago", 2 * time.Hour: "2 hours ago", 47 * time.Hour: "47 hours ago",
		48 * time.Hour: "2 days ago", 59 * 24 * time.Hour: "59 days ago", 60 * 24 * time.Hour: "2025-12-31",
	} {
		if got := ago(now, now.Add(-d)); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestParts(t *testing.T) {
	got := parts(map[report.Status]int64{report.StatusPass: 100_000, report.StatusFail: 1, "": 50_000})
	var names []string
	from := 0.0
	for _, p := range got {
		names = append(names, p.Name)
		if p.From != from || p.Width < 2 {
			t.Errorf("%s begins at %v, want %v, and is %v wide", p.Name, p.From, from, p.Width)
		}
		from += p.Width
	}
	if strings.Join(names, " ") != "fail pass unknown" || from < 99.9 || from > 100.1 {
		t.Errorf("%v, %v wide in all", names, from)
	}
	if len(parts(nil)) != 0 {
		t.Error("nothing has parts")
	}
}
