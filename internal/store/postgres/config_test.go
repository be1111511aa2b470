// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// noEnvironment hides what the person who tests has set up.
func noEnvironment(t testing.TB) {
	t.Helper()
	for _, name := range os.Environ() {
		if name, _, _ = strings.Cut(name, "="); strings.HasPrefix(name, "PG") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("PGPASSFILE", filepath.Join(t.TempDir(), "absent"))
	t.Setenv("PGHOST", "/run/postgresql")
	t.Setenv("PGUSER", "me")
}

// TestParse reads specifications of all forms.
func TestParse(t *testing.T) {
	noEnvironment(t)
	for _, c := range []struct{ params, name, password string }{
		{"", "host=/run/postgresql port=5432 dbname=me user=me", ""},
		{"host=db dbname=kcidb", "host=db port=5432 dbname=kcidb user=me", ""},
		{" host = db  dbname\t=\n'kcidb' ", "host=db port=5432 dbname=kcidb user=me", ""},
		{"!host=db dbname=kcidb user=u password=p sslmode=require", "host=db port=5432 dbname=kcidb user=u", "p"},
		{"host=db port=99 password='it\\'s a \\\\ secret'", "host=db port=99 dbname=me user=me", `it's a \ secret`},
		{`host=db password=a\ b dbname=x`, "host=db port=5432 dbname=x user=me", "a b"},
		{`host=db dbname='a b' user='o\'neill\\'`, `host=db port=5432 dbname='a b' user='o\'neill\\'`, ""},
		{"//u:p@db:99/kcidb?sslmode=require", "host=db port=99 dbname=kcidb user=u", "p"},
		{"!//u@db/kcidb", "host=db port=5432 dbname=kcidb user=u", ""},
		{"//db", "host=db port=5432 dbname=me user=me", ""},
		{"//u:a%2Fb%40c%25%3A@db/kcidb", "host=db port=5432 dbname=kcidb user=u", "a/b@c%:"},
		{"///kcidb?host=/tmp/x%20y&port=99", "host='/tmp/x y' port=99 dbname=kcidb user=me", ""},
		{"//[::1]:99/kcidb?password=p", "host=::1 port=99 dbname=kcidb user=me", "p"},
		{"host=one,two port=1,2 dbname=kcidb", "host=one,two port=1,2 dbname=kcidb user=me", ""},
		{"host=db keepalives=1 gssencmode=disable connect_timeout=3 pool_max_conns=3", "host=db port=5432 dbname=me user=me", ""},
	} {
		cfg, name, err := parse(c.params)
		if err != nil || name != "postgresql:"+c.name || cfg.ConnConfig.Password != c.password {
			t.Errorf("%q is %s, %v\nwant postgresql:%s", c.params, name, err, c.name)
			continue
		}
		// The name in errors is a specification of the same database.
		again, same, err := parse(strings.TrimPrefix(name, "postgresql:"))
		if err != nil || same != name || again.ConnConfig.Host != cfg.ConnConfig.Host || again.ConnConfig.Database != cfg.ConnConfig.Database {
			t.Errorf("%q becomes %s, %v", name, same, err)
		}
	}
	cfg, _, err := parse("host=db connect_timeout=3 pool_max_conns=3 keepalives=1 options='-c work_mem=1MB' client_encoding=latin1")
	if err != nil || cfg.MaxConns != 3 || cfg.ConnConfig.ConnectTimeout.Seconds() != 3 {
		t.Fatalf("%+v, %v", cfg, err)
	}
	for name, want := range map[string]string{
		"options": "-c work_mem=1MB", "application_name": "kcidb", "timezone": "UTC", "client_encoding": "UTF8", "keepalives": "",
	} {
		if got := cfg.ConnConfig.RuntimeParams[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if cfg, _, err := parse("host=db"); err != nil || cfg.MaxConns != maxConnections || cfg.ConnConfig.ConnectTimeout != connectTimeout {
		t.Errorf("%+v, %v", cfg, err)
	}
}

// TestParseEnvironment takes what the specification leaves out from elsewhere.
func TestParseEnvironment(t *testing.T) {
	noEnvironment(t)
	dir := t.TempDir()
	passfile, services := filepath.Join(dir, "pgpass"), filepath.Join(dir, "services")
	for file, text := range map[string]string{
		passfile: "db:99:kcidb:u:of the file\nlocalhost:*:*:u:of the socket\nother:*:*:*:a\\:b\\\\c\n",
		services: "[ours]\nhost=db\ndbname=kcidb\nport=99\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		environment            map[string]string
		params, name, password string
	}{
		"all": {map[string]string{"PGHOST": "db", "PGPORT": "99", "PGDATABASE": "kcidb", "PGUSER": "u", "PGPASSWORD": "p"}, "",
			"host=db port=99 dbname=kcidb user=u", "p"},
		"some":     {map[string]string{"PGHOST": "db", "PGDATABASE": "kcidb"}, "dbname=other", "host=db port=5432 dbname=other user=me", ""},
		"password": {map[string]string{"PGPASSFILE": passfile}, "host=db port=99 dbname=kcidb user=u", "host=db port=99 dbname=kcidb user=u", "of the file"},
		"password of a URL": {map[string]string{"PGPASSFILE": passfile}, "//u@db:99/kcidb",
			"host=db port=99 dbname=kcidb user=u", "of the file"},
		"password of a socket": {map[string]string{"PGPASSFILE": passfile}, "dbname=kcidb user=u",
			"host=/run/postgresql port=5432 dbname=kcidb user=u", "of the socket"},
		"password with colons": {map[string]string{"PGPASSFILE": passfile}, "host=other", "host=other port=5432 dbname=me user=me", `a:b\c`},
		"passfile":             {nil, "host=db port=99 dbname=kcidb user=u passfile=" + passfile, "host=db port=99 dbname=kcidb user=u", "of the file"},
		"service": {map[string]string{"PGSERVICEFILE": services, "PGSERVICE": "ours"}, "user=u",
			"host=db port=99 dbname=kcidb user=u", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range c.environment {
				t.Setenv(k, v)
			}
			cfg, name, err := parse(c.params)
			if err != nil || name != "postgresql:"+c.name || cfg.ConnConfig.Password != c.password {
				t.Errorf("%q is %s with the password %q, %v\nwant postgresql:%s, %q", c.params, name, cfg.ConnConfig.Password, err, c.name, c.password)
			}
		})
	}
}

// TestMalformed expects errors that describe the form and the mistake, but never show
// the password or a possible part of it.
func TestMalformed(t *testing.T) {
	noEnvironment(t)
	for params, want := range map[string]string{
		"kcidb":                  "invalid keyword/value",
		"host=db port=many":      "invalid port",
		"host=db sslmode=always": "sslmode is invalid",
		"host=db sslrootcert=/absent sslmode=verify-ca": "/absent",
		"host=db databse=kcidb":                         `"databse" is no name that libpq knows`,
		"host=db my name=x":                             `missing "=" after "my"`,
		"host=db connect_timeout=soon":                  "connect_timeout",
		"service=none":                                  "service",
		"//db:99x/kcidb":                                "invalid port",
		"//[::1/kcidb":                                  "failed to parse as URL",
		"host=db dbname='kcidb":                         "unterminated quoted string",
		"host=db user=u\x00x":                           "NUL",

		// With a password, which is s3cret, or s3 and cret.
		"host=db password=s3cret sslmode=always":                "failed to configure TLS",
		"host=db password=s3 cret":                              "failed to parse as keyword/value",
		"host=db password=s3 cret=x":                            "a name that libpq does not know",
		"host=db password=s3 cret sslmode=disable":              "failed to parse as keyword/value",
		"host=db password='s3cret":                              "failed to parse as keyword/value",
		"host=db password='s3'cret' dbname=x":                   "failed to parse as keyword/value",
		"host=db password='s3' cret' dbname=x":                  "failed to parse as keyword/value",
		"password=s3cret port=cret":                             "invalid port",
		"password=x port=s3cret":                                "invalid port",
		"password=x target_session_attrs=s3cret":                "unknown target_session_attrs value",
		"password=x min_protocol_version=s3cret":                "invalid min_protocol_version",
		"password=x pool_max_conns=s3cret":                      "cannot parse pool_max_conns",
		"password=x default_query_exec_mode=s3cret":             "invalid default_query_exec_mode",
		"password=x connect_timeout=s3cret":                     "invalid connect_timeout",
		"host=db password=x sslmode=require sslrootcert=s3cret": "failed to configure TLS",
		"password=x service=s3cret":                             "failed to read service",
		"sslpassword=s3cret sslmode=always host=db":             "failed to configure TLS",
		"//u:s3cret@db:port/kcidb":                              "invalid port",
		"//u:s3cret@db:99x/kcidb":                               "invalid port",
		"//u:s3/cret@db/kcidb":                                  "invalid port",
		"//u:3/cret@db/kcidb":                                   `"/" %2F`,
		"//u:s3@cret@db/kcidb":                                  `"@" is written %40`,
		"//u:s3%cret@db/kcidb":                                  "failed to parse as URL",
		"//u:s3cret%zz@db/kcidb":                                "failed to parse as URL",
		"//u:s3cret@[::1/kcidb":                                 "failed to parse as URL",
		"//u:s3cret@db/kcidb?sslmode=always":                    "failed to configure TLS",
		"//db/kcidb?password=s3cret&sslmode=always":             "failed to configure TLS",
		"//db/kcidb?pass%77ord=s3cret&port=x":                   "invalid port",
		"//db/kcidb?password=s3&cret=x":                         "a name that libpq does not know",
	} {
		s, err := Open(params)
		if err == nil {
			s.Close()
			t.Errorf("%q is %s", params, s.name)
			continue
		}
		text := err.Error()
		if !strings.HasPrefix(text, "postgresql: the specification cannot be read: ") || !strings.Contains(text, want) ||
			!strings.Contains(text, "postgresql:NAME=VALUE ...") {
			t.Errorf("%q: %q does not say %s, or the form wanted", params, text, want)
		}
		if strings.Contains(text, "s3") || strings.Contains(text, "cret") {
			t.Errorf("%q: %q tells of the password", params, text)
		}
	}
}

// FuzzParse looks for specifications with a password that the error, or the name,
// shows, in any place and any surroundings.
func FuzzParse(f *testing.F) {
	noEnvironment(f)
	for _, seed := range [][2]string{
		{"host=db ", " dbname=x"}, {"", " x"}, {"", "' sslmode=always"}, {"password='a' ", "@x"}, {"x", `\`}, {"host='", "'"},
		{"//", "@db/x"}, {"//u:", "@db:port/x"}, {"//u:", "/x@db"}, {"//u:a@", "@db"}, {"//db/x?", "&sslmode=x"}, {"//u:%", "%@db"},
		{"!//[", "]"}, {"port=", ""}, {"sslmode=", ""}, {"service=", ""}, {"//db/x?port=1&", ""},
	} {
		f.Add(seed[0], seed[1])
	}
	const token = "t0k3nOfThePassword"
	f.Fuzz(func(t *testing.T, before, behind string) {
		if strings.Contains(before, "file") || strings.Contains(behind, "file") || strings.Contains(before+behind, "ssl") && strings.Contains(before+behind, "/") {
			t.Skip("would read files that it thought up")
		}
		for _, text := range []string{
			before + "password=" + token + behind, before + "password='" + token + behind, before + token + behind, "//u:" + token + behind + "@" + before,
		} {
			cfg, name, err := parse(text)
			switch {
			case err != nil:
				if strings.Contains(text, "pass") && strings.Contains(err.Error(), token) || strings.HasPrefix(text, "//u:"+token) && strings.Contains(err.Error(), token) {
					t.Errorf("%q: %v", text, err)
				}
			case !strings.Contains(cfg.ConnConfig.Password, token):
				// It is the value of something else, or a name.
			case strings.Contains(name, token):
				t.Errorf("%q is %s", text, name)
			}
		}
	})
}
