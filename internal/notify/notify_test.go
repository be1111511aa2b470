// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) { c.set(c.Now().Add(d)) }

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// database has the methods of a database that tests need.
type database interface {
	store.Store
	sqldb.Source
}

// clockedStore is a store whose spool uses a clock of the test.
type clockedStore struct {
	database
	spool *sqlspool.Spool
}

func (s *clockedStore) Spool() *sqlspool.Spool { return s.spool }

// testbed is a database, subscriptions and a mail server.
type testbed struct {
	*Notifier
	t     testing.TB
	clock *clock
	store *clockedStore
	dir   string // of the subscriptions
	mails *mailtest.Server
	log   *safeLog
}

// newTestbed returns a testbed with subscriptions, by file, and a notifier. Tests call
// the steps of the notifier; it does not run.
func newTestbed(t testing.TB, files map[string]string) *testbed {
	t.Helper()
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	return newTestbedOn(t, db, files)
}

func newTestbedOn(t testing.TB, db database, files map[string]string) *testbed {
	t.Helper()
	h := &testbed{t: t, clock: &clock{now: time.Now().UTC()}, dir: t.TempDir(), mails: mailtest.Start(t, mailtest.Options{}), log: &safeLog{}}
	for name, text := range files {
		h.write(name, text)
	}
	h.store = initialize(t, db, h.clock)
	h.Notifier = h.notifier("one")
	h.step("watch", h.Consider)
	return h
}

// initialize makes a database that goes by a clock.
func initialize(t testing.TB, db database, c *clock) *clockedStore {
	t.Helper()
	t.Cleanup(func() { db.Close() })
	if err := db.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	s, _ := sqlspool.Of(db)
	s.Now = c.Now
	return &clockedStore{db, s}
}

// notifier returns another notifier in the testbed.
func (h *testbed) notifier(name string) *Notifier {
	h.t.Helper()
	from, err := mail.ParseAddress("kcidb@example.org")
	if err != nil {
		h.t.Fatal(err)
	}
	sender, err := mail.New(mail.Config{URL: h.mails.URL(), RootCAs: h.mails.RootCAs(), Timeout: time.Minute})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { sender.Close() })
	return &Notifier{
		Store: h.store, Spool: h.store.Spool(), Source: h.store.Spool(), Folder: NewFolder(&subscription.Follower{Dir: h.dir, Options: Options()}),
		Log: slog.New(slog.NewTextHandler(h.log, nil)), Now: h.clock.Now, Holder: name, Base: "https://kcidb.example.org",
		Mail: sender, Envelope: Envelope{From: from}, Hooks: &webhook.Sender{}, Wait: Sleep,
	}
}

// write writes a file of the subscriptions.
func (h *testbed) write(name, text string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o666); err != nil {
		h.t.Fatal(err)
	}
}

// load loads a report, as the loader does.
func (h *testbed) load(text string) {
	h.t.Helper()
	r, err := report.Decode([]byte(`{"version": {"major": 5, "minor": 3}, ` + text + `}`))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.store.Load(h.t.Context(), r, store.LoadOptions{Note: true}); err != nil {
		h.t.Fatal(err)
	}
	// Changes have the time of the database, which is that of the machine.
	if now := time.Now().UTC(); h.clock.Now().Before(now) {
		h.clock.set(now)
	}
}

// step repeats a step of the notifier until it has no more work.
func (h *testbed) step(name string, step func(context.Context) (bool, error)) {
	h.t.Helper()
	for {
		more, err := step(h.t.Context())
		if err != nil {
			h.t.Fatalf("%s: %v", name, err)
		}
		if !more {
			return
		}
	}
}

// listAll lists all notifications.
var listAll spool.Filter

// work repeats all steps until no work is due.
func (h *testbed) work() {
	h.t.Helper()
	h.step("consider", h.Consider)
	h.step("write", h.Write)
	h.deliver(h.Notifier)
}

// deliver sends all deliveries that are due, and waits for the workers.
func (h *testbed) deliver(n *Notifier) {
	h.t.Helper()
	h.step("deliver", n.Deliver)
	n.routes.workers.Wait()
}

// subjects returns the subjects of the mails that the server got so far.
func (h *testbed) subjects() []string {
	h.t.Helper()
	var all []string
	for _, m := range h.mails.Messages() {
		all = append(all, strings.Join(m.To, " ")+": "+h.parse(m.Data).Header.Get("Subject"))
	}
	return all
}

// parse reads a mail.
func (h *testbed) parse(text []byte) *netmail.Message {
	h.t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// plainText returns the plain text of a mail.
func (h *testbed) plainText(text []byte) string { return h.parts(text)[0] }

// parts returns the plain text and the HTML of a mail.
func (h *testbed) parts(text []byte) (parts [2]string) {
	h.t.Helper()
	m := h.parse(text)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		h.t.Fatal(err)
	}
	reader := multipart.NewReader(m.Body, params["boundary"])
	for i := range parts {
		part, err := reader.NextPart()
		if err != nil {
			h.t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			h.t.Fatal(err)
		}
		parts[i] = string(body)
	}
	return parts
}

// expect fails the test where other mails than these were taken, in any order.
func (h *testbed) expect(want ...string) {
	h.t.Helper()
	got := h.subjects()
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("mails differ (-want +got):\n%s\n%s", diff, h.log)
	}
}

// The objects that tests are about.
const (
	aCheckout = `"checkouts": [{"id": "ci:c1", "origin": "ci", "tree_name": "next", "git_repository_url": "https://example.org/next.git",
		"git_repository_branch": "master", "git_commit_hash": "1111111111111111111111111111111111111111", "git_commit_name": "v1",
		"patchset_hash": "", "start_time": "2026-01-01T00:00:00Z"}]`
	aBuild = `"builds": [{"id": "ci:b1", "origin": "ci", "checkout_id": "ci:c1", "architecture": "arm64", "config_name": "defconfig", "status": "PASS"}]`
)

func aTest(id, status string) string {
	return fmt.Sprintf(`"tests": [{"id": %q, "origin": "ci", "build_id": "ci:b1", "path": "boot", "status": %q}]`, id, status)
}

// safeLog is a log that several write.
type safeLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
