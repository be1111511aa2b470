// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestNotifies notifies people of submissions, reports bad files on /ready, and
// reads files again when they change.
func TestNotifies(t *testing.T) {
	mails := mailtest.Start(t, mailtest.Options{})
	dir := t.TempDir()
	file := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file("builds.yaml", "on: build\nmatch: object.status == 'PASS'\nto: [dev@example.org]\nsubject: 'built {{.Object.ID}}'\n")
	file("bad.yaml", "on: build\nmatch: object.nothing\nto: [dev@example.org]\n")
	s := start(t, func(c *Config) {
		c.Subscriptions, c.SMTP, c.BaseURL, c.MailFrom = dir, mails.URL(), "https://kcidb.example.org/", "KCIDB <ci@example.org>"
	})
	// Every loaded object is noted, however early it is loaded.
	db, err := sql.Open("sqlite", filepath.Join(s.data, "kcidb.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n := number(t, db, "SELECT count(*) FROM watch"); n != 1 {
		t.Error("a service that receives submissions does not note changes yet")
	}
	ready := func() string { return do(t, request(t, "GET", s.url+"/ready", nil)).body }
	if text := ready(); !strings.Contains(text, "subscriptions: OK, but not all:\n  bad.yaml:2:14: match: ") {
		t.Errorf("%s", text)
	}
	do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(1))))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	all := mails.Wait(ctx, 1)
	if len(all) != 1 {
		t.Fatalf("no mail came")
	}
	m := parseMail(t, all[0].Data)
	if m.Get("Subject") != "built ci:b1" || m.Get("From") != `"KCIDB" <ci@example.org>` || all[0].From != "ci@example.org" {
		t.Errorf("%q", m)
	}
	if !strings.Contains(string(all[0].Data), "https://kcidb.example.org/build/ci:b1") {
		t.Errorf("no link:\n%s", all[0].Data)
	}
	file("bad.yaml", "on: checkout\nmatch: 'true'\nto: [other@example.org]\n")
	eventually.True(t, "the file is good", func() bool { return strings.Contains(ready(), "subscriptions: OK\n") })
	do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(2))))
	if all := mails.Wait(ctx, 3); len(all) != 3 {
		t.Fatalf("%d mails", len(all))
	}
	for _, name := range []string{"kcidb_notify_changes 0", "kcidb_notify_waiting 0", "kcidb_notify_failed 0"} {
		// The notifier notes that a mail was sent after the mail came.
		eventually.True(t, "/metrics has "+name, func() bool {
			return strings.Contains(do(t, request(t, "GET", s.url+"/metrics", nil)).body, "\n"+name+"\n")
		})
	}
}

func parseMail(t *testing.T, text []byte) netmail.Header {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header
}

// TestNotifyKilled kills the service again and again while it loads, considers
// and sends. Each build is considered exactly once and has one mail. A mail
// comes twice only if the service died before it noted that the mail was sent.
func TestNotifyKilled(t *testing.T) {
	kills := 15
	if testing.Short() {
		kills = 5
	}
	mails := mailtest.Start(t, mailtest.Options{})
	dir := filepath.Join(t.TempDir(), "data")
	subscriptions := t.TempDir()
	err := os.WriteFile(filepath.Join(subscriptions, "builds.yaml"), []byte("on: build\nmatch: 'true'\nto: [dev@example.org]\n"), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	listen := address.Reserve(t)
	url := "http://" + listen
	told := fmt.Sprintf("data: %s\nlisten: %s\nsubscriptions: %s\nsmtp: %s\nmail_budget: 0\n", dir, listen, subscriptions, mails.URL())
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()

	var sent, acknowledged atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var senders sync.WaitGroup
	senders.Go(func() {
		for ctx.Err() == nil {
			if trySubmit(ctx, url, newReport(int(sent.Add(1)))) != "" {
				acknowledged.Add(1)
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	for i := range kills {
		p := startProcess(t, told, url, log)
		if i == 0 {
			eventually.True(t, "a submission is acknowledged", func() bool { return acknowledged.Load() > 0 })
		}
		time.Sleep(time.Duration(200+rand.IntN(1500)) * time.Millisecond)
		p.kill()
	}
	cancel()
	senders.Wait()
	last := startProcess(t, told, url, log)
	waitEmpty(t, url)
	db, err := sql.Open("sqlite", filepath.Join(dir, "kcidb.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	builds := number(t, db, "SELECT count(*) FROM builds")
	if builds == 0 {
		t.Fatal("nothing was loaded")
	}
	// Notifications picked when the service was killed are picked again when their
	// lease ends after two minutes; the test does not wait for that.
	if err := last.stop(); err != nil {
		t.Error(err)
	}
	for _, table := range []string{"notifications", "deliveries"} {
		if _, err := db.Exec("UPDATE " + table + " SET picked = 0"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("UPDATE watch SET until = 0"); err != nil {
		t.Fatal(err)
	}
	last = startProcess(t, told, url, log)
	eventually.True(t, "all is considered and sent", func() bool {
		return number(t, db, "SELECT count(*) FROM changes") == 0 &&
			number(t, db, "SELECT count(*) FROM notifications WHERE state != 'done'") == 0 &&
			number(t, db, "SELECT count(*) FROM notifications") == builds
	})
	if err := last.stop(); err != nil {
		t.Error(err)
	}
	if n := number(t, db, "SELECT sum(objects) FROM considered"); n != builds {
		t.Errorf("%d builds were considered, want %d", n, builds)
	}
	ids := map[string]int{}
	for _, m := range mails.Messages() {
		ids[parseMail(t, m.Data).Get("Message-ID")]++
	}
	if len(ids) != builds {
		t.Errorf("mails of %d builds came, want %d", len(ids), builds)
	}
	// One mail is sent at a time.
	if twice := len(mails.Messages()) - len(ids); twice > kills {
		t.Errorf("%d mails came again, for %d kills", twice, kills)
	}
	t.Logf("%d kills, %d builds, %d mails", kills, builds, len(mails.Messages()))
}
