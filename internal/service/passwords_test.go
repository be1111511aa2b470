// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// runLogged runs a service until it serves or fails. It returns its log, at level debug,
// and its error.
func runLogged(t *testing.T, change func(*Config)) (log string, err error) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Data, cfg.Listen, cfg.LogLevel = t.TempDir(), "127.0.0.1:0", "debug"
	change(&cfg)
	var text strings.Builder
	logger, err := cfg.Logger(&text)
	if err != nil {
		t.Fatal(err)
	}
	logger.Debug("configuration", slog.Any("config", cfg))
	s, err := New(cfg, logger)
	if err != nil {
		return text.String(), err
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.Ready = func(net.Addr) { cancel() }
	err = s.Run(ctx)
	return text.String(), err
}

// databaseOfSomeone makes a database that the user "someone" works with, by a password. It
// returns the name.
func databaseOfSomeone(t *testing.T, server *pgtest.Server, password string) string {
	t.Helper()
	server.Exec(t, "postgres", "CREATE ROLE someone LOGIN PASSWORD '"+password+"'")
	spec := postgres(t, server.Database(t))
	name := strings.TrimPrefix(strings.Fields(spec[strings.Index(spec, "dbname="):])[0], "dbname=")
	server.Exec(t, name, "GRANT ALL ON ALL TABLES IN SCHEMA public TO someone", "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO someone")
	server.Require(t, "local all someone scram-sha-256")
	return name
}

// TestPasswordsAreNotShown: neither the log at level debug nor an error has the password
// of a specification, given as text or by a reference, with which the service runs or
// fails.
func TestPasswordsAreNotShown(t *testing.T) {
	t.Setenv(google.FirestoreEmulator, "127.0.0.1:1") // connects later
	server := pgtest.Start(t)
	name := databaseOfSomeone(t, server, "hunter2")
	server.Exec(t, "postgres", "CREATE DATABASE empty OWNER someone")

	listen := address.Reserve(t)
	own, err := (jetstream.Config{Dir: t.TempDir(), Listen: listen, User: "hunter2", Logger: slog.New(slog.DiscardHandler)}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()

	database := func(dbname, password string) secret.Text {
		return secret.Text(server.Spec(dbname, "someone") + " password=" + password)
	}
	for _, test := range []struct {
		name   string
		change func(*Config, secret.Text)
		spec   secret.Text
		fails  string // a part of the error, "" for none
	}{
		{"a database", setDatabase, database(name, "hunter2"), ""},
		{"a wrong password", setDatabase, database(name, "xhunter2"), "may not do this"},
		{"no schema", setDatabase, database("empty", "hunter2"), "kcidb db init -d"},
		{"no such database", setDatabase, database("nothing", "hunter2"), "nothing"},
		{"no such host", setDatabase, "postgresql:host=127.0.0.1 port=1 dbname=kcidb password=hunter2", "127.0.0.1"},
		{"a URL", setDatabase, "postgresql:postgres://someone:hunter2@127.0.0.1:1/kcidb", "127.0.0.1"},
		{"a URL with a wrong port", setDatabase, "postgresql:postgres://someone:hunter2@127.0.0.1:x/kcidb", "postgresql"},
		{"a wrong port", setDatabase, "postgresql:host=127.0.0.1 port=x password=hunter2", "port"},
		{"an open quote", setDatabase, "postgresql:host=127.0.0.1 password='hunter2", "postgresql"},
		{"no such key", setDatabase, "postgresql:host=127.0.0.1 port=1 passwort=hunter2 password=hunter2", "libpq does not know"},
		{"several databases", setDatabase, `mux:postgresql:host=127.0.0.1\ port=1\ password=hunter2 null`, "127.0.0.1"},
		{"no such driver", setDatabase, "postgres:hunter2", "postgres"},
		{"a queue", setQueue, secret.Text("nats://hunter2@" + listen + "/KCIDB"), ""},
		{"a wrong token", setQueue, secret.Text("nats://hunter21@" + listen + "/KCIDB"), "queue"},
		{"a wrong user", setQueue, secret.Text("nats://someone:hunter2@" + listen + "/KCIDB"), "queue"},
		{"no queue at the host", setQueue, "nats://hunter2@127.0.0.1:1/KCIDB", "queue"},
		{"no queue's name", setQueue, "nats://someone:hunter2@127.0.0.1:1", "queue"},
		{"no port", setQueue, "nats://someone:hunter2@127.0.0.1:x/KCIDB", "queue"},
		{"a wrong escape", setQueue, "nats://someone:hunter2%zz@127.0.0.1:1/KCIDB", "queue"},
		{"no such option", setQueue, "nats://hunter2@127.0.0.1:1/KCIDB?x=hunter2", "queue"},
		{"no such queue", setQueue, "amqp://hunter2@127.0.0.1:1", "queue"},
		{"a read database", setReadDatabase, database(name, "xhunter2"), "read_database"},
		{"loaded", setLoaded, secret.Text("nats://hunter21@" + listen + "/LOADED"), "loaded"},
		{"a spool", setSpool, "hunter2", "spool must begin"},
	} {
		file := secret.Text(filepath.Join(t.TempDir(), "specification"))
		if err := os.WriteFile(string(file), []byte(test.spec+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for kind, value := range map[string]secret.Text{"text": test.spec, "reference": "file:" + file} {
			t.Run(test.name+" by "+kind, func(t *testing.T) {
				log, err := runLogged(t, func(c *Config) { test.change(c, value) })
				if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
					t.Errorf("error %v, want %q", err, test.fails)
				}
				for err := err; err != nil; err = errors.Unwrap(err) {
					log += "\n" + err.Error()
				}
				if strings.Contains(log, "hunter2") || !strings.Contains(log, "(secret)") {
					t.Errorf("shows the password:\n%s", log)
				}
			})
		}
	}
}

func setDatabase(c *Config, spec secret.Text)     { c.Database = spec }
func setReadDatabase(c *Config, spec secret.Text) { c.ReadDatabase = spec }
func setQueue(c *Config, spec secret.Text)        { c.Queue = spec }
func setSpool(c *Config, spec secret.Text)        { c.Spool, c.Loaded = spec, "nats://127.0.0.1:1/LOADED" }
func setLoaded(c *Config, spec secret.Text)       { c.Spool, c.Loaded = "firestore:project", spec }

// secretFile is a file with a secret.
type secretFile string

func newSecretFile(t *testing.T, text string) secretFile {
	f := secretFile(filepath.Join(t.TempDir(), "secret"))
	f.replace(t, text)
	return f
}

func (f secretFile) reference() secret.Text { return secret.Text("file:" + f) }

func (f secretFile) replace(t *testing.T, text string) {
	t.Helper()
	next := string(f) + ".new"
	err := os.WriteFile(next, []byte(text+"\n"), 0o600)
	if err = errors.Join(err, os.Rename(next, string(f))); err != nil {
		t.Fatal(err)
	}
}

// lookOften lets a service look often whether its secrets were replaced.
func lookOften(s *Service) { s.secrets.keeper.Every = time.Millisecond }

// TestPasswordsAreReplaced: a service whose database and queue get new passwords goes on
// without a restart, when its specifications have the new passwords.
func TestPasswordsAreReplaced(t *testing.T) {
	server := pgtest.Start(t)
	name := databaseOfSomeone(t, server, "old")

	cfg := jetstream.Config{Dir: t.TempDir(), Listen: address.Reserve(t), User: "old", Logger: slog.New(slog.DiscardHandler)}
	remote, err := cfg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { remote.Close() }()

	databaseSpec := func(password string) string { return server.Spec(name, "someone") + " password=" + password }
	muxSpec := func(password string) string {
		return "mux:" + strings.ReplaceAll(databaseSpec(password), " ", `\ `) + " null"
	}
	queueSpec := func(token string) string { return "nats://" + token + "@" + cfg.Listen + "/KCIDB" }
	main, read, queue := newSecretFile(t, muxSpec("old")), newSecretFile(t, databaseSpec("old")), newSecretFile(t, queueSpec("old"))
	s := startWith(t, func(c *Config) {
		c.Database, c.ReadDatabase, c.Queue = main.reference(), read.reference(), queue.reference()
	}, lookOften)
	submit := func(n int) {
		var sent reply
		eventually.Succeeds(t, func() error {
			if sent = do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(n)))); sent.code != http.StatusOK {
				return errors.New(sent.body)
			}
			return nil
		})
		waitForStatus(t, s.url, sent.ID, "processed")
	}
	submit(1)

	server.Exec(t, "postgres", "ALTER ROLE someone PASSWORD 'new'",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'someone'")
	if err := remote.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.User = "new"
	if remote, err = cfg.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	main.replace(t, muxSpec("new"))
	read.replace(t, databaseSpec("new"))
	queue.replace(t, queueSpec("new"))
	submit(2)
	if page := do(t, request(t, "GET", s.url+"/checkout/ci:c2", nil)); page.code != http.StatusOK {
		t.Errorf("the page: %d %s", page.code, page.body)
	}
}
