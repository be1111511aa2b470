// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue"
	queues "github.com/kcidb-go/kcidb/internal/queue/all"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestStopUnderLoad stops a service while reports come in. It ends soon, and
// the next service has every acknowledged report.
func TestStopUnderLoad(t *testing.T) {
	dir := t.TempDir()
	data := func(c *Config) { c.Data = dir }
	first := start(t, data)
	taken := make(chan []string)
	var acknowledged atomic.Int32
	for i := range 4 {
		go func() {
			var ids []string
			for n := 0; ; n++ {
				id := trySubmit(t.Context(), first.url, newReport(1000*i+n))
				if id == "" { // the service has stopped
					taken <- ids
					return
				}
				ids = append(ids, id)
				acknowledged.Add(1)
			}
		}()
	}
	eventually.True(t, "100 submissions are acknowledged", func() bool { return acknowledged.Load() >= 100 })
	stopped := make(chan error, 1)
	go func() { stopped <- first.stop() }()
	eventually.True(t, "the service stops", func() bool { return len(stopped) > 0 })
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	second := start(t, data)
	for range 4 {
		for _, id := range <-taken {
			waitForStatus(t, second.url, id, "processed")
		}
	}
}

func TestOneServiceADirectory(t *testing.T) {
	dir := t.TempDir()
	start(t, func(c *Config) { c.Data = dir })
	cfg := DefaultConfig()
	cfg.Data, cfg.Listen = dir, "127.0.0.1:0"
	if err := runOnce(t, cfg); err == nil || !strings.Contains(err.Error(), "another service runs on it") {
		t.Errorf("a second service: %v", err)
	}
}

// runOnce runs a service that is expected to fail at its start.
func runOnce(t *testing.T, cfg Config) error {
	t.Helper()
	s, err := New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	return s.Run(ctx)
}

func TestDataDirectoryIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	cfg := DefaultConfig()
	cfg.Data, cfg.Listen = dir, "127.0.0.1:0"
	s, err := New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.makeData(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestNamedDatabase: the service uses a configured database as it is, and
// neither creates nor upgrades it.
func TestNamedDatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.db")
	cfg := DefaultConfig()
	cfg.Data, cfg.Listen, cfg.Database = t.TempDir(), "127.0.0.1:0", secret.Text("sqlite:"+file)
	err := runOnce(t, cfg)
	if err == nil || !strings.Contains(err.Error(), "kcidb db init") {
		t.Errorf("not initialized: %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was made")
	}
	st, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, func(c *Config) { c.Database = secret.Text("sqlite:" + file) })
	r := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(1))))
	waitForStatus(t, s.url, r.ID, "processed")

	for database, want := range map[secret.Text]string{"null": "receipts", "nonsense:x": "nonsense"} {
		cfg.Database = database
		if err := runOnce(t, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("database %s: %v", database, err)
		}
	}
}

// TestLog: each submission has a line when it is received and a line when it
// is loaded, and no line contains a secret.
func TestLog(t *testing.T) {
	s := start(t, func(c *Config) { c.JWTSecret = "hunter2" })
	token, err := auth.Sign("hunter2", "ci", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	bearer := []string{"Authorization", "Bearer " + token}
	r := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(1)), bearer...))
	eventually.True(t, "the submission is processed", func() bool {
		return do(t, request(t, "GET", s.url+"/status?id="+r.ID, nil, bearer...)).Status == "processed"
	})
	do(t, request(t, "POST", s.url+"/submit", strings.NewReader("nonsense"), bearer...))
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	lines := map[string]map[string]any{}
	for line := range strings.Lines(s.log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines[fmt.Sprint(fields["msg"])] = fields
	}
	for _, message := range []string{"submission accepted", "submission loaded"} {
		l := lines[message]
		if l["id"] != r.ID || l["origin"] != "ci" || l["bytes"] != float64(len(newReport(1))) || l["objects"] != 2.0 {
			t.Errorf("%s: %v", message, l)
		}
	}
	if l := lines["submission refused"]; l["origin"] != "ci" || l["code"] != 400.0 || l["reason"] == "" {
		t.Errorf("submission refused: %v", l)
	}
	if text := s.log.String(); strings.Contains(text, "hunter2") || strings.Contains(text, token) {
		t.Error("the log has a secret")
	}
}

// TestQueueListens: other processes can submit to the queue with its token, which may be
// replaced.
func TestQueueListens(t *testing.T) {
	listen, token := address.Reserve(t), newSecretFile(t, "old")
	s := startWith(t, func(c *Config) { c.QueueListen, c.QueueToken = listen, token.reference() }, lookOften)
	open := func(token string) (queue.Queue, error) {
		return queues.Open(t.Context(), "nats://"+token+"@"+listen+"/KCIDB", queues.Options{Logger: slog.New(slog.DiscardHandler)})
	}
	old, err := open("old")
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	token.replace(t, "new")
	var q queue.Queue
	eventually.Succeeds(t, func() error { q, err = open("new"); return err })
	defer q.Close()
	if _, err := open("old"); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("with the old token: %v", err)
	}
	if err := q.Publish(t.Context(), queue.Message{ID: "fromOutside", Origin: "ci", Received: time.Now(), Data: []byte(newReport(1))}); err != nil {
		t.Fatal(err)
	}
	waitForStatus(t, s.url, "fromOutside", "processed")
}
