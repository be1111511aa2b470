// SPDX-License-Identifier: Apache-2.0

package logcache_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/folder"
	"github.com/kcidb-go/kcidb/internal/fetch"
	"github.com/kcidb-go/kcidb/internal/logcache"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// bench is a cache of the logs of a server, with a clock that tests move.
type bench struct {
	*logcache.Cache
	host  *httptest.Server
	asked atomic.Int64
	down  atomic.Bool
	now   time.Time

	bucket *outage
	stop   atomic.Pointer[context.CancelFunc] // is called when the host is asked, which then does not answer
	asking chan struct{}                      // closed when the host is asked for /second
}

// outage is a bucket that does not keep the next files.
type outage struct {
	artifact.Bucket
	next   atomic.Int64 // how many
	failed chan struct{}
}

func (o *outage) Write(ctx context.Context, files []artifact.File) error {
	if o.next.Add(-1) >= 0 {
		o.failed <- struct{}{}
		return artifact.ErrUnavailable
	}
	return o.Bucket.Write(ctx, files)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s, err := sqlite.Open(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	f, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	b := &bench{now: time.Now(), bucket: &outage{Bucket: f, failed: make(chan struct{}, 10)}, asking: make(chan struct{})}
	b.host = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.host.Close)
	hosts := fetch.Hosts{strings.TrimPrefix(b.host.URL, "http://")}
	b.Cache = &logcache.Cache{
		DB: sqldb.Of(s), Artifacts: &artifact.Store{Bucket: b.bucket}, Hosts: hosts,
		Client:   fetch.NewClient(hosts, func(netip.Addr) bool { return true }, time.Second),
		MaxBytes: 1 << 20, Days: 30, Now: func() time.Time { return b.now }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	return b
}

// serve is the host of the logs.
func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	b.asked.Add(1)
	if stop := b.stop.Swap(nil); stop != nil {
		(*stop)()
		<-r.Context().Done()
		return
	}
	if b.down.Load() {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	endless := func() {
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte("line\n"), 1000)); err != nil {
				return
			}
		}
	}
	switch r.URL.Path {
	case "/html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<h1>log in</h1>")
	case "/video":
		w.Header().Set("Content-Type", "video/mp4")
	case "/gone":
		http.NotFound(w, r)
	case "/long":
		w.Header().Set("Content-Length", "99999999")
	case "/endless":
		w.Header().Set("Content-Type", "text/plain")
		endless()
	case "/slow":
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	case "/away":
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	case "/bomb": // is kept as it is sent
		w.Header().Set("Content-Type", "application/gzip")
		w.Write([]byte("\x1f\x8b bomb"))
	case "/first":
		<-b.asking
		io.WriteString(w, "log of /first")
	case "/second":
		close(b.asking)
		<-b.bucket.failed
		io.WriteString(w, "log of /second")
	default:
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "log of "+r.URL.Path)
	}
}

// want notes logs of tests that failed.
func (b *bench) want(t *testing.T, paths ...string) {
	t.Helper()
	r := &report.Report{}
	for _, path := range paths {
		r.Tests = append(r.Tests, report.Test{ID: "ci:" + path, Status: new(report.StatusFail), LogURL: new(b.host.URL + path)})
	}
	if err := b.Want(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) round(t *testing.T) int {
	t.Helper()
	n, err := b.Round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// text returns the text of the copy of a log, "" for none.
func (b *bench) text(t *testing.T, path string) string {
	t.Helper()
	found, ok, err := b.Find(t.Context(), b.host.URL+path)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return ""
	}
	log, err := b.Open(t.Context(), found)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	text, err := io.ReadAll(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCopies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := &report.Report{
		Builds: []report.Build{{Status: new(report.StatusFail), LogURL: new(b.host.URL + "/build")}},
		Tests: []report.Test{
			{Status: new(report.StatusError), LogURL: new(b.host.URL + "/test")}, {Status: new(report.StatusPass), LogURL: new(b.host.URL + "/pass")},
			{Status: new(report.StatusFail), LogURL: new("http://169.254.169.254/latest")}, {Status: new(report.StatusFail), LogURL: new("http://127.0.0.1/x")},
			{Status: new(report.StatusFail), LogURL: new("file:///etc/passwd")}, {Status: new(report.StatusFail)}, {LogURL: new(b.host.URL + "/none")},
		},
	}
	for range 2 { // the second time nothing is new
		if err := b.Want(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if n := b.round(t); n != 2 {
		t.Errorf("%d logs were tried", n)
	}
	if b.text(t, "/build") != "log of /build" || b.text(t, "/test") != "log of /test" || b.text(t, "/pass") != "" {
		t.Error("the copies are not right")
	}
	if n := b.round(t); n != 0 || b.asked.Load() != 2 {
		t.Errorf("%d logs wait, and the host was asked %d times", n, b.asked.Load())
	}
	b.want(t, "/bomb")
	if b.round(t); b.text(t, "/bomb") != "\x1f\x8b bomb" {
		t.Error("a compressed log is not as it was sent")
	}
}

// Answers that are no logs are noted, and not asked for again.
func TestUseless(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	paths := []string{"/html", "/video", "/gone", "/long", "/endless"}
	b.want(t, paths...)
	b.round(t)
	b.now = b.now.Add(24 * time.Hour)
	if n := b.round(t); n != 0 || int(b.asked.Load()) != len(paths) {
		t.Errorf("%d logs wait, and the host was asked %d times", n, b.asked.Load())
	}
	for _, path := range paths {
		if text := b.text(t, path); text != "" {
			t.Errorf("%s was copied: %.100s", path, text)
		}
	}
}

// A host that fails is asked a few times more, and then no more.
func TestTriesAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.down.Store(true)
	b.want(t, "/log")
	b.round(t)
	if n := b.round(t); n != 0 {
		t.Errorf("%d logs are tried again at once", n)
	}
	b.down.Store(false)
	b.now = b.now.Add(time.Hour)
	if b.round(t); b.text(t, "/log") != "log of /log" {
		t.Error("the log was not copied when the host was back")
	}
	before := b.asked.Load()
	b.want(t, "/slow", "/away")
	for range 10 {
		b.round(t)
		b.now = b.now.Add(24 * time.Hour)
	}
	if n := b.asked.Load() - before; n != 8 {
		t.Errorf("the host was asked %d times for two logs", n)
	}
}

// The end of the service, and an outage of the artifact store, are no failures of the host.
func TestTriesThatDoNotCount(t *testing.T) {
	t.Parallel()
	for name, try := range map[string]func(*bench){
		"the service ends": func(b *bench) {
			ctx, cancel := context.WithCancel(t.Context())
			b.stop.Store(&cancel)
			if _, err := b.Round(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		},
		"the artifact store is down": func(b *bench) {
			b.bucket.next.Store(1)
			if _, err := b.Round(t.Context()); !errors.Is(err, artifact.ErrUnavailable) {
				t.Error(err)
			}
			<-b.bucket.failed
		},
	} {
		b := newBench(t)
		b.want(t, "/log")
		for range 5 {
			try(b)
			b.now = b.now.Add(time.Hour)
		}
		b.down.Store(true)
		b.round(t)
		b.down.Store(false)
		b.now = b.now.Add(time.Hour)
		if b.round(t); b.text(t, "/log") != "log of /log" {
			t.Errorf("%s: the log was not copied afterwards", name)
		}
	}
}

// A log that cannot be kept does not end the fetch of another.
func TestLogsDoNotEndEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want(t, "/first", "/second")
	b.bucket.next.Store(1)
	if _, err := b.Round(t.Context()); !errors.Is(err, artifact.ErrUnavailable) {
		t.Error(err)
	}
	if b.text(t, "/first") != "" || b.text(t, "/second") != "log of /second" {
		t.Error("the second log was not copied")
	}
}

// Rows of old copies, and of logs that failed for good, are removed. A later report brings the
// logs back.
func TestOldRowsAreRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want(t, "/log", "/gone")
	b.round(t)
	b.now = b.now.Add(40 * 24 * time.Hour)
	b.want(t, "/waits")
	if err := b.RemoveOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := b.rows(t); rows != 1 || b.text(t, "/log") != "" {
		t.Errorf("the table has %d rows", rows)
	}
	for file := range b.Artifacts.Bucket.List(t.Context(), "contents/") {
		t.Errorf("%s is kept", file.Name)
	}
	b.want(t, "/log")
	if b.round(t); b.text(t, "/log") != "log of /log" || b.text(t, "/waits") != "log of /waits" {
		t.Error("the logs are not copied")
	}
}

// rows returns the number of rows of the table.
func (b *bench) rows(t *testing.T) (n int64) {
	t.Helper()
	err := b.DB.ReadCommitted(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		_, err := sqldb.ReadRow(ctx, tx, "SELECT count(*) FROM logs", nil, &n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
