// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact/all"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store"
	stores "github.com/kcidb-go/kcidb/internal/store/all"
)

// loadKept loads submissions into first.db of a directory, by a loader that keeps them in its
// folder artifacts. Each was received a second before the one loaded before it.
func loadKept(t *testing.T, dir string, texts [][]byte) {
	t.Helper()
	opened, err := stores.Open(t.Context(), "sqlite:"+filepath.Join(dir, "first.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	if err := opened.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	st, err := storeOf(opened)
	if err != nil {
		t.Fatal(err)
	}
	artifacts, err := all.Open(t.Context(), "folder:"+filepath.Join(dir, "artifacts"))
	if err != nil {
		t.Fatal(err)
	}
	defer artifacts.Close()
	log := slog.New(slog.DiscardHandler)
	q, err := jetstream.Config{Dir: filepath.Join(dir, "queue"), Logger: log, MaxAttempts: -1}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for i, text := range texts {
		m := queue.Message{ID: fmt.Sprint("s", i), Origin: "ci", Received: at.Add(-time.Duration(i) * time.Second), Data: text}
		if err := q.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	l := &ingest.Loader{
		Queue: q, Store: st, Log: log, Limits: queue.Limits{Messages: 20}, Now: time.Now,
		Raw: &raw.Store{Artifacts: artifacts, Now: time.Now},
	}
	done, err := l.LoadFor(t.Context(), time.Minute)
	if err != nil || done.Submissions+done.Failed != len(texts) {
		t.Fatalf("%+v of %d, %v", done, len(texts), err)
	}
}

// TestReplayRealSubmissions rebuilds a database of real submissions from the artifact store
// alone, and damages things for an audit to find.
func TestReplayRealSubmissions(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes most of a minute under the race detector, and its parts are tested so elsewhere")
	}
	dir := t.TempDir()
	texts := realTexts(t)
	loadKept(t, dir, append(texts, []byte("no report"), texts[0]))
	first, second := "sqlite:"+filepath.Join(dir, "first.db"), "sqlite:"+filepath.Join(dir, "second.db")
	kept := "folder:" + filepath.Join(dir, "artifacts")
	do(t, nil, "kcidb", "db", "init", "-d", second)
	// In two parts, the second of which repeats a part of the first.
	do(t, nil, "kcidb", "replay", "-d", second, "--artifacts", kept, "--until", "2026-11-29T11:59:30Z")
	out := do(t, nil, "kcidb", "replay", "-d", second, "--artifacts", kept).String()
	if !strings.Contains(out, fmt.Sprintf("%d submissions were loaded, ", min(30, len(texts)))) || !strings.Contains(out, ", 1 are no valid reports") {
		t.Errorf("the replay says %s", out)
	}
	files := map[string]string{}
	for name, spec := range map[string]string{"first": first, "second": second} {
		files[name] = filepath.Join(dir, name+".json")
		if err := os.WriteFile(files[name], do(t, nil, "kcidb", "db", "dump", "-d", spec).Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out := do(t, nil, "kcidb", "diff", files["first"], files["second"]); out.Len() > 0 {
		t.Errorf("the rebuilt database differs: %s", out)
	}
	if got := do(t, nil, "kcidb", "raw", "-d", second, "--artifacts", kept, "s0"); !bytes.Equal(got.Bytes(), texts[0]) {
		t.Errorf("the raw submission has %d bytes, want %d", got.Len(), len(texts[0]))
	}
	// The second one gave the submission up that is no report, and gave it up again.
	for spec, rows := range map[string]int{first: len(texts) + 2, second: len(texts) + 3} {
		want := fmt.Sprintf("The ledger agrees: %d rows; %[1]d raw submissions are kept and right, 0 are not kept.", rows)
		if out := do(t, nil, "kcidb", "audit", "-d", spec, "--artifacts", kept).String(); !strings.HasPrefix(out, want) {
			t.Errorf("the audit says %s", out)
		}
	}
}
