// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// TestClock: the clock starts after the newest times in the database and the
// queue, unless these are too far ahead.
func TestClock(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Data = t.TempDir()
	var log bytes.Buffer
	s, err := New(cfg, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	p := &parts{}
	if p.queue, err = s.openQueue(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.queue.Close()
	if p.store, err = s.openStore(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.store.Close()
	next := func(want time.Time, warned int) {
		t.Helper()
		log.Reset()
		clock, err := s.clock(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if got := clock.Next(); !got.Equal(want) {
			t.Errorf("the first time is %v, want %v", got, want)
		}
		if n := strings.Count(log.String(), "lies in the future"); n != warned {
			t.Errorf("%d warnings, want %d: %s", n, warned, &log)
		}
	}
	load := func(id string, at time.Time) {
		t.Helper()
		r := &report.Report{Checkouts: []report.Checkout{{ID: id, Origin: "a", Timestamp: &at}}}
		if _, err := p.store.Load(t.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			t.Fatal(err)
		}
	}
	publish := func(id string, at time.Time) {
		t.Helper()
		if err := p.queue.Publish(t.Context(), queue.Message{ID: id, Received: at, Data: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	next(now, 0)
	load("a:1", now.Add(time.Hour))
	next(now.Add(time.Hour+time.Microsecond), 0)
	publish("one", now.Add(2*time.Hour))
	next(now.Add(2*time.Hour+time.Microsecond), 0)
	load("a:2", now.AddDate(73, 0, 0))
	next(now.Add(2*time.Hour+time.Microsecond), 1)
	publish("two", now.AddDate(73, 0, 0))
	// The store's own clock is the machine's, which is far ahead of the test's
	// clock.
	log.Reset()
	if _, err := s.clock(t.Context(), p); err != nil || strings.Count(log.String(), "lies in the future") != 2 {
		t.Errorf("%v, %s", err, &log)
	}
}
