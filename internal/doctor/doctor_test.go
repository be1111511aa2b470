// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/public"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/certificates/certificatestest"
	"github.com/kcidb-go/kcidb/report"
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
		"OK no risky ones":                 func(*service.Config) {},
		"WARN anyone who reaches :80":      func(c *service.Config) { c.Listen, c.AllowOpen = ":80", true },
		"WARN tokens and reports":          func(c *service.Config) { c.Listen, c.JWTSecret = ":80", "s" },
		"WARN mails have no links":         func(c *service.Config) { c.SMTP = "smtp://127.0.0.1:1" },
		"WARN all mails go to a@b.org":     func(c *service.Config) { c.MailToOverride = "a@b.org" },
		"WARN base_url has no TLS | se":    func(c *service.Config) { c.Listen, c.BaseURL = ":80", "http://a.example.org" },
		"WARN base_url is that of a proxy": func(c *service.Config) { c.BaseURL = "https://a.example.org" },
		"WARN trusted_proxies has all":     func(c *service.Config) { c.TrustedProxies = "10.0.0.0/8, ::/0" },
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
	o.Config.SMTPPasswordFile = filepath.Join(t.TempDir(), "none")
	if lines := run(t, o, "mail"); !has(lines, "FAIL smtp_password_file: file:"+o.Config.SMTPPasswordFile) {
		t.Errorf("%q", lines)
	}
	o.Config.SMTPPasswordFile = ""
	server.Stop()
	if lines := run(t, o, "mail"); !has(lines, "FAIL ") {
		t.Errorf("%q", lines)
	}
}

// TestQueue: a number that the running service does not have is not zero.
func TestQueue(t *testing.T) {
	for metrics, want := range map[string]string{
		"kcidb_json_files 7\nkcidb_queue_dead_letters 0\n": "OK 7 submissions wait",
		"kcidb_json_files 20000\n":                         "WARN 20000 submissions wait",
		"kcidb_uptime_seconds 60\n":                        "WARN it is unknown how many submissions wait",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/metrics" {
				io.WriteString(w, metrics)
			}
		}))
		o := Options{Config: config(t)}
		o.Config.Listen = strings.TrimPrefix(server.URL, "http://")
		if lines := run(t, o, "queue"); len(lines) != 1 || !strings.HasPrefix(lines[0], want) {
			t.Errorf("%q, want %q", lines, want)
		}
		server.Close()
	}
}

// TestNoQueue: a process that only notifies needs no queue, also if it has no directory for one.
func TestNoQueue(t *testing.T) {
	for _, data := range []string{"", t.TempDir()} {
		o := Options{Config: config(t)}
		o.Config.Roles, o.Config.Data, o.Config.Database, o.Config.Subscriptions = "notify", data, "null", t.TempDir()
		if lines := run(t, o, "queue"); len(lines) > 0 {
			t.Errorf("with the data directory %q: %q", data, lines)
		}
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

func TestCertificates(t *testing.T) {
	now := time.Now()
	pair, other := certificatestest.New(t), certificatestest.New(t)
	other.Write(t, now, "kcidb.example.org")
	for _, test := range []struct {
		days   int // that the certificate is valid
		change func(*service.Config)
		want   []string
	}{
		{90, func(*service.Config) {}, []string{"OK the certificate " + pair.Cert + " is valid for 90 days | "}},
		{20, func(*service.Config) {}, []string{"WARN the certificate " + pair.Cert + " is valid for 20 days | renew it: the service reads the new files within a minute"}},
		{-1, func(*service.Config) {}, []string{"FAIL the certificate " + pair.Cert + " expired at "}},
		{500, func(*service.Config) {}, []string{"FAIL the certificate " + pair.Cert + " is not valid before "}},
		{90, func(c *service.Config) { c.TLSKey = other.Key }, []string{"FAIL the certificate " + pair.Cert + ": tls: private key does not match public key"}},
		{90, func(c *service.Config) { c.BaseURL = "https://other.example.org" }, []string{"OK ", "FAIL no certificate has the name other.example.org of base_url"}},
		{90, func(c *service.Config) { c.BaseURL, c.TrustedProxies = "https://other.example.org", "10.0.0.1" }, []string{"OK "}},
		{90, func(c *service.Config) { c.BaseURL = "http://kcidb.example.org" }, []string{"OK ", "WARN links in mails and feeds lead to plain HTTP"}},
		{90, func(c *service.Config) { c.TLSCert, c.TLSKey = "", "" }, nil},
		{90, func(c *service.Config) {
			c.TLSCert, c.TLSKey, c.ACMEHosts, c.BaseURL = "", "", "a.example.org,b.example.org", "https://b.example.org"
			keep(t, c, pair, "a.example.org")
		}, []string{"OK the certificate for a.example.org is valid for 90 days", "WARN no certificate for b.example.org yet"}},
	} {
		pair.Write(t, now.AddDate(0, 0, test.days).Add(time.Hour), "kcidb.example.org")
		o := Options{Config: config(t), Now: func() time.Time { return now }}
		o.Config.TLSCert, o.Config.TLSKey = pair.Cert, pair.Key
		test.change(&o.Config)
		lines := run(t, o, "TLS")
		if len(lines) != len(test.want) {
			t.Errorf("%q, want %q", lines, test.want)
			continue
		}
		for i, want := range test.want {
			if !strings.HasPrefix(lines[i], want) {
				t.Errorf("%q, want %q", lines[i], want)
			}
		}
	}
}

// keep keeps a certificate as the cache of ACME does.
func keep(t *testing.T, c *service.Config, pair certificatestest.Pair, host string) {
	t.Helper()
	var text []byte
	for _, file := range []string{pair.Key, pair.Cert} {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, part...)
	}
	dir := filepath.Join(c.Data, "acme")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, host), text, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func TestArtifacts(t *testing.T) {
	for name, want := range map[string]string{"": "OK folder:", "none": "WARN the folder", "file": "FAIL artifact store"} {
		o := Options{Config: config(t)}
		folder := o.Config.Data
		if name == "file" {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o.Config.Artifacts = "folder:" + filepath.Join(folder, name)
		if lines := run(t, o, "artifacts"); !has(lines, want) {
			t.Errorf("%q is missing: %q", want, lines)
		}
		if _, err := os.Stat(filepath.Join(folder, probe.Name)); err == nil {
			t.Error("the probe is left")
		}
	}
}

// TestSigningKey: keys that are missing, or that other users can read.
func TestSigningKey(t *testing.T) {
	o := Options{Config: config(t)}
	o.Config.SigningKeyFile = filepath.Join(t.TempDir(), "key.pem")
	if lines := run(t, o, "configuration"); !has(lines, "FAIL signing_key_file") {
		t.Errorf("%q", lines)
	}
	private, _, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.Config.SigningKeyFile, []byte(private), 0o644); err != nil {
		t.Fatal(err)
	}
	if lines := run(t, o, "configuration"); !has(lines, "OK ") {
		t.Errorf("%q", lines)
	}
	if lines := run(t, o, "files"); !has(lines, "FAIL other users can read "+o.Config.SigningKeyFile+" (signing_key_file)") {
		t.Errorf("%q", lines)
	}
}

// TestConfigurationForTheGroup: the package installs the configuration as root's, for the group
// of the service.
func TestConfigurationForTheGroup(t *testing.T) {
	o := Options{Config: config(t), File: filepath.Join(t.TempDir(), "kcidb.yaml")}
	o.Config.JWTSecret = "s"
	if err := os.Chmod(o.Config.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]string{
		0o600: "OK ", 0o640: "OK ",
		0o644: "FAIL other users can read " + o.File + " (configuration with secrets) | chmod 640 " + o.File,
	} {
		if err := errors.Join(os.WriteFile(o.File, nil, 0o600), os.Chmod(o.File, mode)); err != nil {
			t.Fatal(err)
		}
		if lines := run(t, o, "files"); len(lines) != 1 || !strings.HasPrefix(lines[0], want) {
			t.Errorf("%o: %q, want %q", mode, lines, want)
		}
	}
}

func TestPublicDatabase(t *testing.T) {
	o := Options{Config: config(t)}
	o.Config.PrivateOrigins, o.Config.JWTSecret = "lab", "s"
	make := func(file string) *sqlite.Store {
		s, err := sqlite.Open(filepath.Join(o.Config.Data, file))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		if err := s.Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	whole := make("kcidb.db")
	check := func(want string) {
		t.Helper()
		if lines := run(t, o, "public database"); !has(lines, want) {
			t.Errorf("%q is missing: %q", want, lines)
		}
	}
	check("WARN it does not exist yet")
	open := make("public.db")
	check("OK it has all objects but those of lab")
	if err := public.Record(t.Context(), whole, open, public.Private{"lab"}); err != nil {
		t.Fatal(err)
	}
	check("OK it has all objects but those of lab")
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci"}}}
	if _, err := whole.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	o.Config.PrivateOrigins = "lab,other"
	check("FAIL the public database does not fit: it was made for the private origins lab | stop the service: kcidb db publish ")
}
