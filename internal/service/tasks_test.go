// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/spool/firestore/firestoretest"
	"github.com/kcidb-go/kcidb/internal/web/tasks/taskstest"
)

// The audience and the account of callers of tasks.
const (
	audience  = "https://kcidb.example.org"
	scheduler = "scheduler@project.iam.gserviceaccount.com"
)

// caller calls the tasks of a service as a scheduler does.
type caller struct{ signer *taskstest.Signer }

// do calls a task, and returns the status of the answer and its numbers.
func (c *caller) do(t testing.TB, url, task string) (status int, did map[string]int) {
	t.Helper()
	r := do(t, request(t, "POST", url+"/tasks/"+task, strings.NewReader("{}"),
		"Authorization", "Bearer "+c.signer.Token(t, audience, scheduler, nil)))
	if r.code != 200 {
		return r.code, nil
	}
	if err := json.Unmarshal([]byte(r.body), &did); err != nil {
		t.Fatalf("%s: %v", r.body, err)
	}
	return r.code, did
}

// TestTasks: a process with the role web alone does the work of all roles when it is
// called, and nothing otherwise.
func TestTasks(t *testing.T) {
	t.Run("spool in the database", func(t *testing.T) { testTasks(t, func(*Config) {}) })
	t.Run("spool in Firestore", func(t *testing.T) {
		t.Setenv(google.FirestoreEmulator, firestoretest.Start(t).Addr)
		testTasks(t, func(c *Config) {
			c.Spool, c.Loaded = "firestore:project", secret.Text("embedded:"+filepath.Join(c.Data, "loaded"))
		})
	})
}

func testTasks(t *testing.T, change func(*Config)) {
	mails := mailtest.Start(t, mailtest.Options{})
	subscriptions := t.TempDir()
	err := os.WriteFile(filepath.Join(subscriptions, "builds.yaml"), []byte("on: build\nmatch: 'true'\nto: [dev@example.org]\n"), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	google := &caller{taskstest.NewSigner(t)}
	s := startWith(t, func(c *Config) {
		withTasks(c)
		change(c)
		c.Subscriptions, c.SMTP = subscriptions, mails.URL()
	}, func(s *Service) { s.keys = taskstest.Transport(google.signer.Keys(t)) })
	work := func(task, want string) {
		t.Helper()
		if code, did := google.do(t, s.url, task); code != 200 || fmt.Sprint(did) != want {
			t.Errorf("%s: %d %v, want %s", task, code, did, want)
		}
	}
	if code := do(t, request(t, "POST", s.url+"/tasks/load", nil)).code; code != 401 {
		t.Errorf("without a token: %d", code)
	}
	sent := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(1))))
	do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(2))))
	work("notify", "map[changes:0 notifications:0]")
	if r := do(t, request(t, "GET", s.url+"/status?id="+sent.ID, nil)); r.Status != "ready" {
		t.Errorf("a submission that no call loaded: %s", r.body)
	}
	work("load", "map[failed:0 objects:4 submissions:2]")
	waitForStatus(t, s.url, sent.ID, "processed")
	work("load", "map[failed:0 objects:0 submissions:0]")
	work("send", "map[messages:0]")
	work("notify", "map[changes:4 notifications:2]")
	work("notify", "map[changes:0 notifications:0]")
	work("send", "map[messages:2]")
	work("send", "map[messages:0]")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if n := len(mails.Wait(ctx, 2)); n != 2 {
		t.Errorf("%d mails, want 2", n)
	}
	if r := do(t, request(t, "GET", s.url+"/ready", nil)); r.code != 200 || !strings.Contains(r.body, "loader: OK\n") {
		t.Errorf("/ready: %d %s", r.code, r.body)
	}
}

func TestTasksConfiguration(t *testing.T) {
	for _, c := range []struct{ change, want string }{
		{"roles: web\ntasks_audience: a\n", "tasks_audience needs tasks_accounts"},
		{"roles: web\nqueue: nats://h/q\ntasks_accounts: a\n", "tasks_accounts needs tasks_audience"},
		{"tasks_audience: a\ntasks_accounts: b\n", "tasks_audience is for a process with the role web alone"},
		{"roles: web,notify\ntasks_audience: a\ntasks_accounts: b\n", "tasks_audience is for a process with the role web alone"},
		{"roles: web\ntasks_audience: a\ntasks_accounts: b\ndata: ''\nqueue: nats://h/q\ndatabase: 'null'\n", "set subscriptions"},
		{"roles: web\ntasks_audience: a\ntasks_accounts: b\n", ""},
		{"spool: 'sqlite:x'\n", "spool must begin with \"firestore:\""},
		{"spool: 'firestore:p'\n", "spool needs loaded"},
		{"loaded: nats://h/q\n", "loaded needs spool"},
		{"spool: 'firestore:p'\nloaded: nats://h/q\n", ""},
		{"roles: load\nqueue: nats://h/q\nloaded: nats://h/l\n", ""},
	} {
		cfg, err := LoadConfig(write(t, c.change), func(string) (string, bool) { return "", false })
		if err == nil {
			err = cfg.check()
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.change, err, c.want)
		}
	}
}
