// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
)

// run makes all checks, and returns the lines of a subject.
func run(t *testing.T, o Options, subject string) []string {
	t.Helper()
	if o.Now == nil {
		o.Now = time.Now
	}
	var lines []string
	err := Run(t.Context(), o, func(c Check) {
		if c.Name == subject {
			lines = append(lines, string(c.Status)+" "+c.Detail+" | "+c.Mend)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func config(t *testing.T) service.Config {
	t.Helper()
	c := service.DefaultConfig()
	c.Data, c.Listen = t.TempDir(), "127.0.0.1:1"
	return c
}

func has(lines []string, part string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, part) })
}

func TestRisks(t *testing.T) {
	for want, change := range map[string]func(*service.Config){
		"OK no risky ones":              func(*service.Config) {},
		"WARN anyone who reaches :80":   func(c *service.Config) { c.Listen, c.AllowOpen = ":80", true },
		"WARN tokens and reports":       func(c *service.Config) { c.Listen, c.JWTSecret = ":80", "s" },
		"WARN mails have no links":      func(c *service.Config) { c.SMTP = "smtp://127.0.0.1:1" },
		"WARN all mails go to a@b.org":  func(c *service.Config) { c.MailToOverride = "a@b.org" },
		"WARN base_url has no TLS | se": func(c *service.Config) { c.Listen, c.BaseURL = ":80", "http://a.example.org" },
	} {
		o := Options{Config: config(t)}
		change(&o.Config)
		if lines := run(t, o, "settings"); !has(lines, want) {
			t.Errorf("%q is missing: %q", want, lines)
		}
	}
}

func TestMail(t *testing.T) {
	server := mailtest.Start(t, mailtest.Options{})
	o := Options{Config: config(t)}
	o.Config.SMTP = server.URL()
	if lines := run(t, o, "mail"); !has(lines, "OK the mail server accepts a connection") || len(server.Messages()) > 0 {
		t.Errorf("%q, and %d mails", lines, len(server.Messages()))
	}
	o.MailTo = "me@example.org"
	if lines := run(t, o, "mail"); !has(lines, "OK the mail server accepted a mail to me@example.org") {
		t.Errorf("%q", lines)
	}
	if got := server.Messages(); len(got) != 1 || !slices.Equal(got[0].To, []string{o.MailTo}) {
		t.Errorf("got the mails %v", got)
	}
	server.Stop()
	if lines := run(t, o, "mail"); !has(lines, "FAIL ") {
		t.Errorf("%q", lines)
	}
}

func TestClock(t *testing.T) {
	for skew, want := range map[time.Duration]string{0: "OK ", -10 * time.Second: "WARN ", 10 * time.Minute: "FAIL "} {
		o := Options{Config: config(t)}
		spec := pgtest.Database(t)
		o.Config.Database = secret.Text(spec)
		s, err := postgres.Open(strings.TrimPrefix(spec, "postgresql:"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
		s.Close()
		o.Now = func() time.Time { return time.Now().Add(skew) }
		if lines := run(t, o, "clock"); !has(lines, want) {
			t.Errorf("%v: %q", skew, lines)
		}
	}
}

// TestRights: a user who may only read is no user for the service.
func TestRights(t *testing.T) {
	server := pgtest.Shared(t)
	spec := pgtest.Database(t)
	s, err := postgres.Open(strings.TrimPrefix(spec, "postgresql:"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MakeRoles(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, name, _ := strings.Cut(spec, "dbname=")
	name, _, _ = strings.Cut(name, " ")
	server.Exec(t, name, "CREATE ROLE doctor_reader LOGIN IN ROLE kcidb_viewer")
	t.Cleanup(func() { server.Exec(t, name, "DROP ROLE doctor_reader") })
	o := Options{Config: config(t)}
	o.Config.Database = secret.Text(server.Spec(name, "doctor_reader"))
	if lines := run(t, o, "database"); !has(lines, "FAIL ") || !has(lines, "grants the roles their rights") {
		t.Errorf("%q", lines)
	}
}
