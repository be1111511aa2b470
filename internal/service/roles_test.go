// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// postgres returns the specification of a database with a schema.
func postgres(t testing.TB, spec string) string {
	t.Helper()
	s, err := all.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	return spec
}

// TestRoles runs the roles one by one. Each process serves its state at its
// address, and only the paths of its roles.
func TestRoles(t *testing.T) {
	database := postgres(t, pgtest.Database(t))
	queue := "nats://" + startNATS(t, 1)[0].address + "/ROLES"
	subscriptions := t.TempDir()
	role := func(name string) *running {
		return start(t, func(c *Config) {
			c.Roles, c.Data, c.Database, c.Queue, c.Subscriptions = name, "", secret.Text(database), secret.Text(queue), subscriptions
		})
	}
	web := role("web")
	sent := do(t, request(t, "POST", web.url+"/submit", strings.NewReader(newReport(1))))
	if sent.Status != "ok" {
		t.Fatalf("submit: %s", sent.body)
	}
	waitForStatus(t, web.url, sent.ID, "ready")
	load, notify := role("load"), role("notify")
	waitForStatus(t, web.url, sent.ID, "processed")
	for _, c := range []struct {
		at   *running
		path string
		code int
		body string // a part of the body
	}{
		{web, "/ready", 200, "store: OK\nqueue: OK\n"},
		{load, "/ready", 200, "store: OK\nqueue: OK\nloader: OK\n"},
		{notify, "/ready", 200, "store: OK\nsubscriptions: OK\ndeliveries: OK\n"},
		{load, "/metrics", 200, "\nkcidb_loader_submissions_total 1\n"},
		{notify, "/metrics", 200, "\nkcidb_uptime_seconds "},
		{notify, "/health", 200, "OK"},
		{web, "/", 200, "KCIDB"},
		{web, "/checkout/ci:c1", 200, "v6.1"},
		{web, "/api/report?checkout=ci:c1", 200, "v6.1"},
		{load, "/", 404, ""},
		{load, "/status?id=x", 404, ""},
		{load, "/api/report?checkout=ci:c1", 404, ""},
		{notify, "/", 404, ""},
	} {
		r := do(t, request(t, "GET", c.at.url+c.path, nil))
		if r.code != c.code || !strings.Contains(r.body, c.body) {
			t.Errorf("%s: %d %s, want %d %s", c.path, r.code, r.body, c.code, c.body)
		}
	}
	if r := do(t, request(t, "POST", load.url+"/submit", strings.NewReader(newReport(2)))); r.code != http.StatusNotFound {
		t.Errorf("a loader accepts submissions: %d %s", r.code, r.body)
	}
	if strings.Contains(do(t, request(t, "GET", web.url+"/metrics", nil)).body, "kcidb_loader_") {
		t.Error("what loads nothing counts loads")
	}
}

// TestOldSchema: a service that finds an old schema in a shared database names
// the command that upgrades it.
func TestOldSchema(t *testing.T) {
	spec := pgtest.Database(t)
	s, err := all.Open(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Init(t.Context(), store.Version{Major: 1}); err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Data, cfg.Listen, cfg.Database = t.TempDir(), "127.0.0.1:0", secret.Text(spec)
	if err := runOnce(t, cfg); err == nil || !strings.Contains(err.Error(), "run kcidb db upgrade -d '"+spec+"'") {
		t.Errorf("%v", err)
	}
}

// TestReplica: a replica answers pages and queries, the primary answers for
// the state of a submission, and without the replica the primary answers
// everything.
func TestReplica(t *testing.T) {
	primary := pgtest.Start(t)
	spec := postgres(t, primary.Database(t))
	replica := primary.Replica(t)
	s := start(t, func(c *Config) {
		c.Database, c.ReadDatabase = secret.Text(spec), secret.Text(replica.ReplicaSpec(spec))
	})
	do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(0))))
	eventually.True(t, "the replica follows", func() bool {
		return strings.Contains(do(t, request(t, "GET", s.url+"/ready", nil)).body, "\nread database: OK\n") &&
			strings.Contains(do(t, request(t, "GET", s.url+"/api/report?checkout=ci:c0", nil)).body, "v6.0")
	})
	replica.Exec(t, "postgres", "SELECT pg_wal_replay_pause()")
	sent := do(t, request(t, "POST", s.url+"/submit", bytes.NewReader([]byte(newReport(1)))))
	waitForStatus(t, s.url, sent.ID, "processed") // while the replica does not have it
	query := s.url + "/api/report?checkout=ci:c1"
	if r := do(t, request(t, "GET", query, nil)); r.code != 200 || strings.Contains(r.body, "v6.1") {
		t.Errorf("the query does not ask the replica: %d %s", r.code, r.body)
	}
	ready := do(t, request(t, "GET", s.url+"/ready", nil))
	if ready.code != 200 || !strings.HasPrefix(ready.body, "store: OK\nqueue: OK\nread database: OK") {
		t.Errorf("/ready: %d %s", ready.code, ready.body)
	}
	if m := do(t, request(t, "GET", s.url+"/metrics", nil)).body; !strings.Contains(m, "\nkcidb_read_database_lag_seconds ") {
		t.Errorf("the metrics do not have the lag:\n%s", m)
	}
	replica.Exec(t, "postgres", "SELECT pg_wal_replay_resume()")
	eventually.True(t, "the replica has it", func() bool {
		return strings.Contains(do(t, request(t, "GET", query, nil)).body, "v6.1")
	})
	replica.Stop(t, true)
	if r := do(t, request(t, "GET", query, nil)); r.code != 200 || !strings.Contains(r.body, "v6.1") {
		t.Errorf("without the replica: %d %s", r.code, r.body)
	}
	if r := do(t, request(t, "GET", s.url+"/checkout/ci:c1", nil)); r.code != 200 || !strings.Contains(r.body, "v6.1") {
		t.Errorf("the page without the replica: %d %s", r.code, r.body)
	}
	ready = do(t, request(t, "GET", s.url+"/ready", nil))
	if want := "\nread database: does not answer, the database answers instead\n"; ready.code != 200 || !strings.Contains(ready.body, want) {
		t.Errorf("/ready without the replica: %d %s", ready.code, ready.body)
	}

	cfg := DefaultConfig()
	cfg.Data, cfg.Listen, cfg.ReadDatabase = t.TempDir(), "127.0.0.1:0", secret.Text(primary.Spec("nobody", pgtest.Superuser))
	if err := runOnce(t, cfg); err == nil || !strings.Contains(err.Error(), "read_database: ") || !strings.Contains(err.Error(), "createdb") {
		t.Errorf("a read database that is not there: %v", err)
	}
}
