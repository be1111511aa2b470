// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// environment returns a lookup in variables written NAME=VALUE.
func environment(variables ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, v := range variables {
			if n, value, _ := strings.Cut(v, "="); n == name {
				return value, true
			}
		}
		return "", false
	}
}

func write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kcidb.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLoadConfig(t *testing.T) {
	tests := []struct {
		name, file string
		env        []string
		want       func(*Config)
		err        string // a part of it
	}{
		{name: "nothing", want: func(*Config) {}},
		{name: "empty file", file: "\n", want: func(*Config) {}},
		{name: "comments only", file: "# data: x\n", want: func(*Config) {}},
		{name: "one key", file: "listen: 127.0.0.1:9\n", want: func(c *Config) { c.Listen = "127.0.0.1:9" }},
		{
			name: "every kind",
			file: "---\n# where\ndata: /srv\nallow_open: true\nbatch_objects: 5\nmax_submission: 3MiB # enough\nmax_memory: 4096\njwt_secret: \"007\"\nlog_level: 'debug'\n",
			want: func(c *Config) {
				c.Data, c.AllowOpen, c.BatchObjects, c.MaxSubmission, c.MaxMemory = "/srv", true, 5, 3<<20, 4096
				c.JWTSecret, c.LogLevel = "007", "debug"
			},
		},
		{
			name: "environment over file", file: "data: /file\nlisten: 127.0.0.1:1\n",
			env: []string{"KCIDB_DATA=/env", "KCIDB_ALLOW_OPEN=1", "KCIDB_RECEIPT_DAYS=7", "KCIDB_MAX_MEMORY=2GiB", "KCIDB_JWT_SECRET=s",
				"KCIDB_REST=http://t@host/"},
			want: func(c *Config) {
				c.Data, c.Listen, c.AllowOpen, c.ReceiptDays, c.MaxMemory, c.JWTSecret = "/env", "127.0.0.1:1", true, 7, 2<<30, "s"
			},
		},
		{name: "known names of secrets", env: []string{"JWT_SECRET=a", "UNIFIED_SECRET=b"}, want: func(c *Config) { c.JWTSecret, c.UnifiedSecret = "a", "b" }},
		{name: "our names before these", env: []string{"JWT_SECRET=a", "KCIDB_JWT_SECRET=c"}, want: func(c *Config) { c.JWTSecret = "c" }},
		{name: "an empty variable is none", file: "data: /file\n", env: []string{"KCIDB_DATA="}, want: func(c *Config) { c.Data = "/file" }},

		{name: "unknown key", file: "data: x\nlisten_on: y\n", err: `:2: unknown key "listen_on": did you mean "listen"?`},
		{name: "key in capitals", file: "Data: x\n", err: `:1: unknown key "Data": did you mean "data"?`},
		{name: "number for text", file: "jwt_secret: 007\n", err: `:1: key "jwt_secret": expected text`},
		{name: "text for number", file: "data: x\nbatch_objects: many\n", err: `:2: key "batch_objects": expected a whole number`},
		{name: "fraction for number", file: "batch_objects: 1.5\n", err: `:1: key "batch_objects": expected a whole number`},
		{name: "text for truth", file: "allow_open: yes\n", err: `:1: key "allow_open": expected true or false`},
		{name: "list for text", file: "data: [x]\n", err: `:1: key "data": expected text`},
		{name: "nothing for text", file: "data:\n", err: `:1: key "data": expected text`},
		{name: "no size", file: "max_memory: 12 parsecs\n", err: `:1: key "max_memory": "12 parsecs" is not a number of bytes`},
		{name: "size too large", file: "max_memory: 99999999999GiB\n", err: `:1: key "max_memory"`},
		{name: "key twice", file: "data: x\ndata: y\n", err: `:2: `},
		{name: "no YAML", file: "data: 'x\n", err: `:1: `},
		{name: "a list", file: "- data\n", err: `:1: expected lines of KEY: VALUE`},
		{name: "two documents", file: "data: x\n---\nlisten: y\n", err: `a second document`},
		{name: "bad variable", env: []string{"KCIDB_BATCH_OBJECTS=x"}, err: `environment variable KCIDB_BATCH_OBJECTS: "x" is not a whole number`},
		{name: "bad truth", env: []string{"KCIDB_ALLOW_OPEN=maybe"}, err: `environment variable KCIDB_ALLOW_OPEN: "maybe" is neither`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := ""
			if test.file != "" {
				file = write(t, test.file)
			}
			got, err := LoadConfig(file, environment(test.env...))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			want := DefaultConfig()
			test.want(&want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if _, err := LoadConfig("/no/such/file", environment()); err == nil {
		t.Error("a file that is not there is no error")
	}
}

// TestConfigErrorsKeepSecrets: no error contains a secret, not even a secret on
// a nearby line.
func TestConfigErrorsKeepSecrets(t *testing.T) {
	for _, text := range []string{
		"jwt_secret: hunter2\nlisten: [\n", "jwt_secret: hunter2\njwt_secret: hunter2\n",
		"jwt_secret: \"hunter2\n", "jwt_secret: [hunter2]\n", "jwt_secret: hunter2\nbatch_objects: x\n", "jwt_secret: {a: hunter2\n",
	} {
		if _, err := LoadConfig(write(t, text), environment()); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNewChecksTheConfig(t *testing.T) {
	empty := write(t, "\n")
	secret := write(t, "s\n")
	t.Setenv("KCIDB_TEST_SECRET", "s")
	for _, test := range []struct {
		name   string
		change func(*Config)
		err    string // a part of the error; "" for no error
	}{
		{"defaults", func(*Config) {}, ""},
		{"localhost", func(c *Config) { c.Listen = "localhost:80" }, ""},
		{"IPv6 loopback", func(c *Config) { c.Listen = "[::1]:80" }, ""},
		{"open to all", func(c *Config) { c.Listen = "0.0.0.0:80" }, "set jwt_secret"},
		{"open to all by no host", func(c *Config) { c.Listen = ":80" }, "allow_open"},
		{"open by name", func(c *Config) { c.Listen = "ci.example.org:80" }, "allow_open"},
		{"open, and wanted", func(c *Config) { c.Listen, c.AllowOpen = ":80", true }, ""},
		{"with a secret", func(c *Config) { c.Listen, c.JWTSecret = ":80", "s" }, ""},
		{"with a secret's file", func(c *Config) { c.Listen, c.JWTSecretFile = ":80", secret }, ""},
		{"with an empty file", func(c *Config) { c.JWTSecretFile = empty }, "is empty"},
		{"with no file", func(c *Config) { c.JWTSecretFile = "/no/such/file" }, "configuration: jwt_secret_file: file:/no/such/file: open"},
		{"with a reference", func(c *Config) { c.Listen, c.JWTSecret = ":80", "env:KCIDB_TEST_SECRET" }, ""},
		{"with a reference to nothing", func(c *Config) { c.JWTSecret = "env:KCIDB_NO_SUCH" }, "configuration: jwt_secret: env:KCIDB_NO_SUCH: the environment variable KCIDB_NO_SUCH is not set"},
		{"a password that is not needed", func(c *Config) { c.SMTPPassword = "env:KCIDB_NO_SUCH" }, ""},
		{"a password that is not there", func(c *Config) { c.SMTP, c.SMTPPassword = "smtp://bot@mx", "env:KCIDB_NO_SUCH" }, "configuration: smtp_password: "},
		{"second secret alone", func(c *Config) { c.UnifiedSecret = "u" }, "set jwt_secret"},
		{"no address", func(c *Config) { c.Listen = "8080" }, "HOST:PORT"},
		{"no data", func(c *Config) { c.Data = "" }, "data must"},
		{"no bound", func(c *Config) { c.MaxSubmission = 0 }, "max_submission must be at least 1"},
		{"a role alone", func(c *Config) { c.Roles = "web" }, "needs a queue that other processes reach"},
		{"a role alone, and a queue", func(c *Config) { c.Roles, c.Queue = "load", "nats://x/y" }, ""},
		{"a role without a queue", func(c *Config) { c.Roles, c.Data, c.Database, c.Subscriptions = "notify", "", "null", "subscriptions" }, ""},
		{"nobody to notify", func(c *Config) { c.Roles, c.Data, c.Database = "notify", "", "null" }, "set subscriptions to a directory"},
		{"no such role", func(c *Config) { c.Roles = "web,laod" }, `no role "laod": use some of web,load,notify`},
		{"a role twice", func(c *Config) { c.Roles = "web, load,web" }, "web is listed twice"},
		{"no role", func(c *Config) { c.Roles = "" }, "no role"},
		{"hosts of logs", func(c *Config) { c.LogHosts = "logs.example.org, storage.example.org:8443" }, ""},
		{"a URL for a host", func(c *Config) { c.LogHosts = "a.example.org,https://b.example.org/" }, `"https://b.example.org/" is not HOST`},
		{"a front end", func(c *Config) { c.FrontEnd = "dist" }, ""},
		{"a front end without an address", func(c *Config) { c.FrontEnd, c.FrontEndListen = "dist", "" }, "front_end_listen must be HOST:PORT"},
		{"a front end for nobody", func(c *Config) { c.Roles, c.Queue, c.FrontEnd = "load", "nats://x/y", "dist" }, "front_end is for the role web"},
		{"any rate", func(c *Config) { c.APIRate = 0 }, ""},
		{"less than no rate", func(c *Config) { c.APIRate = -1 }, "api_rate must not be negative"},
		{"nothing at once", func(c *Config) { c.APIAtOnce = 0 }, "api_at_once must be at least 1"},
		{"no burst", func(c *Config) { c.APIBurst = 0 }, "api_burst must be at least 1"},
		{"no time", func(c *Config) { c.APISeconds = 0 }, "api_seconds must be at least 1"},
		{"proxies", func(c *Config) { c.TrustedProxies = "127.0.0.1, 10.0.0.0/8,fd00::/8" }, ""},
		{"a proxy by name", func(c *Config) { c.TrustedProxies = "proxy.example.org" }, `trusted_proxies: "proxy.example.org" is neither`},
		{"HTTPS", func(c *Config) { c.TLSCert, c.TLSKey, c.HTTPListen = "cert", "key", ":80" }, ""},
		{"a certificate without its key", func(c *Config) { c.TLSCert = "cert" }, "tls_cert and tls_key belong together"},
		{"plain HTTP that leads nowhere", func(c *Config) { c.HTTPListen = ":80" }, "http_listen leads to HTTPS"},
		{"plain HTTP without a port", func(c *Config) { c.ACMEHosts, c.HTTPListen = "a.example.org", "80" }, "http_listen must be HOST:PORT"},
		{"certificates by ACME", func(c *Config) { c.ACMEHosts = "a.example.org, b.example.org" }, ""},
		{"certificates by ACME for a URL", func(c *Config) { c.ACMEHosts = "https://a.example.org" }, "acme_hosts: \"https://a.example.org\" is not a host name"},
		{"two kinds of certificates", func(c *Config) { c.TLSCert, c.TLSKey, c.ACMEHosts = "c", "k", "a.example.org" }, "exclude each other"},
		{"certificates that are kept nowhere", func(c *Config) {
			c.Data, c.Database, c.Queue, c.Subscriptions, c.ACMEHosts = "", "null", "nats://x/y", "s", "a.example.org"
		}, "acme_hosts needs data"},
		{"an authority without encryption", func(c *Config) { c.ACMEHosts, c.ACMEDirectory = "a.example.org", "http://ca/dir" }, "acme_directory must be the https URL"},
		{"less than no HSTS", func(c *Config) { c.HSTSDays = -1 }, "hsts_days must not be negative"},
		{"a queue without an end", func(c *Config) { c.QueueLimit, c.TokenRate, c.VerifySample = 0, 0, 0 }, ""},
		{"less than no queue", func(c *Config) { c.QueueLimit = -1 }, "queue_limit must not be negative"},
		{"less than no submissions", func(c *Config) { c.TokenRate = -1 }, "token_rate must not be negative"},
		{"no submissions at once", func(c *Config) { c.TokenBurst = 0 }, "token_burst must be at least 1"},
		{"more than all roll-ups", func(c *Config) { c.VerifySample = 101 }, "verify_sample must be a percentage"},
		{"an admin without a port", func(c *Config) { c.AdminListen = "127.0.0.1" }, "admin_listen must be HOST:PORT"},
		{"few connections", func(c *Config) { c.MaxConnections = 15 }, "max_connections must be at least 16"},
		{"sites", func(c *Config) { c.CORSOrigins = "https://a.example.org, http://localhost:5173" }, ""},
		{"all sites", func(c *Config) { c.CORSOrigins = "*" }, ""},
		{"a page for a site", func(c *Config) { c.CORSOrigins = "https://a.example.org/" }, `cors_origins: "https://a.example.org/" is neither`},
		{"a read database for nobody", func(c *Config) { c.Roles, c.Queue, c.ReadDatabase = "load", "nats://x/y", "null" }, "read_database"},
		{"open where nothing is taken in", func(c *Config) { c.Listen, c.Roles, c.Queue = ":80", "load", "nats://x/y" }, ""},
		{"names of trees", func(c *Config) { c.Trees = write(t, "https://example.org/linux: ours\n") }, ""},
		{"names of trees that are none", func(c *Config) { c.Trees = write(t, "\nours\n") }, "kcidb.yaml:2: expected lines of URL: NAME"},
		{"names of trees in no file", func(c *Config) { c.Trees = "/no/such/file" }, "configuration: trees: open"},
		{"retention", func(c *Config) { c.RetentionDays, c.ArchiveTo = 500, "sqlite:archive.db" }, ""},
		{"retention of less than nothing", func(c *Config) { c.RetentionDays = -1 }, "retention_days must not be negative"},
		{"retention at no time", func(c *Config) { c.RetentionWindow = "at night" }, "retention_window"},
		{"an archive of what stays", func(c *Config) { c.ArchiveTo = "sqlite:archive.db" }, "archive_to needs retention_days"},
		{"an archive of itself", func(c *Config) { c.RetentionDays, c.Database, c.ArchiveTo = 1, "sqlite:a", "sqlite:a" }, "archive_to is the database itself"},
		{"tokens of readers that none checks", func(c *Config) { c.Read = "token" }, "read: token needs tokens of readers"},
		{"private origins for all", func(c *Config) { c.PrivateOrigins = "lab" }, "private_origins needs tokens of readers"},
		{"a sandbox", func(c *Config) { c.SandboxListen = "localhost:0" }, ""},
		{"a sandbox that is open to all", func(c *Config) { c.SandboxListen = ":0" }, "configuration: sandbox: listening on :0 without authentication"},
		{"queue and its address", func(c *Config) { c.Queue, c.QueueListen = "nats://x/y", "127.0.0.1:1" }, "queue_listen"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := DefaultConfig()
			test.change(&cfg)
			_, err := New(cfg, slog.New(slog.DiscardHandler))
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if again := cfg.Check(t.Context()); (again == nil) != (err == nil) || err != nil && err.Error() != "configuration: "+again.Error() {
				t.Errorf("Check: error %v, want that of New: %v", again, err)
			}
		})
	}
}

// TestKeys checks the properties of the fields of Config that the rest of the
// package relies on.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range keysOf(&Config{}) {
		if k.name == "" || seen[k.name] || k.name == "rest" {
			t.Errorf("key %q: empty, twice, or the client's KCIDB_REST", k.name)
		}
		seen[k.name] = true
		switch reflect.TypeOf(k.field).Elem().Kind() {
		case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		default:
			t.Errorf("key %q is of a kind that cannot be read", k.name)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "1": 1, "1023": 1023, "1KiB": 1 << 10, "5 MiB": 5 << 20, "3GiB": 3 << 30} {
		var s Size
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%q: %d, %v", text, s, err)
		}
		var again Size
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%q comes back as %d, %v", s.String(), again, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5MiB", "1MB", "1e3", "9223372036854775808", "9007199254740992KiB"} {
		if err := new(Size).Set(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestLogger(t *testing.T) {
	for _, test := range []struct{ level, format, want string }{
		{"info", "auto", `"msg":"seen"`}, {"info", "json", `"msg":"seen"`}, {"debug", "text", "msg=seen"}, {"WARN", "text", ""},
	} {
		var b bytes.Buffer
		log, err := (&Config{LogLevel: test.level, LogFormat: test.format}).Logger(&b)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("seen")
		if got := b.String(); !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s %s: %q", test.level, test.format, got)
		}
	}
	for _, bad := range []Config{{LogLevel: "loud", LogFormat: "auto"}, {LogLevel: "info", LogFormat: "xml"}} {
		if _, err := bad.Logger(&bytes.Buffer{}); err == nil {
			t.Errorf("%q %q is taken", bad.LogLevel, bad.LogFormat)
		}
	}
}
