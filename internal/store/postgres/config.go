// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Where the specification and the environment say nothing. Connections are opened
// when they are needed: there are as many as the web answers at a time, with some
// left for what loads, notifies and watches.
const (
	maxConnections = 28
	minConnections = 2 // a purge has a lock on one, and works on another
	connectTimeout = 10 * time.Second
)

// parse reads the part of a specification after "postgresql:": a connection string of
// libpq, NAME=VALUE ... or the rest of a URL. Values that it leaves out come from the
// environment, the password file and the service file. parse returns how to connect, and
// the specification as errors may show it, without a password.
func parse(params string) (*pgxpool.Config, string, error) {
	text := strings.TrimPrefix(strings.TrimSpace(params), "!") // the Python system's mark
	isURL := strings.HasPrefix(text, "//")
	if isURL {
		text = "postgresql:" + text
	}
	cfg, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, "", malformed(reason(err, mayShow(text)))
	}
	conn := cfg.ConnConfig
	if err := completeSettings(conn.RuntimeParams, mayShow(text)); err != nil {
		return nil, "", malformed(err)
	}
	// A password that is not encoded for a URL ends at its first "/" or "@", and the
	// rest becomes the name of the host or the database.
	if isURL && strings.Contains(conn.Host+conn.Database+conn.User, "@") {
		return nil, "", malformed(errors.New(`in a URL, "@" is written %40, "/" %2F, ":" %3A and "%" %25, in a password too`))
	}
	conn.Database = cmp.Or(conn.Database, conn.User) // as the server takes it
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	if !strings.Contains(text, "pool_max_conns") {
		cfg.MaxConns = maxConnections
	}
	cfg.MaxConns = max(cfg.MaxConns, minConnections)
	hosts, ports := hostsAndPorts(&conn.Config)
	name := fmt.Sprintf("postgresql:host=%s port=%s dbname=%s user=%s", quote(hosts), quote(ports), quote(conn.Database), quote(conn.User))
	return cfg, name, nil
}

func malformed(err error) error {
	return fmt.Errorf("postgresql: the specification cannot be read: %w "+
		"(it is postgresql:NAME=VALUE ..., as in postgresql:host=/run/postgresql dbname=kcidb, or postgresql://USER@HOST/DATABASE; "+
		"a VALUE with spaces is put in single quotes)", err)
}

// mayShow reports whether parts of a connection string may be shown. A mistake may have
// made any part of the password a part of something else, so they may be shown only if
// the string has no password.
func mayShow(text string) bool {
	return !strings.Contains(text, "pass") && !strings.ContainsAny(text, "@%")
}

// reason returns why a connection string cannot be read. If parts of the string must not
// be shown, the reason is only the first words of the library's message.
func reason(err error, show bool) error {
	parsing, ok := errors.AsType[*pgconn.ParseConfigError](err)
	if !ok {
		return errors.New("it is malformed")
	}
	// The text of an error without a reason is the part before the reason.
	text := strings.TrimPrefix(parsing.Error(), (&pgconn.ParseConfigError{ConnString: parsing.ConnString}).Error())
	if !show {
		text = strings.TrimSpace(text[:min(len(text), strings.IndexAny(text+":", `:("'0123456789`))])
	}
	return errors.New(text)
}

// ours are settings of the session that libpq has options or variables for, and
// ignored are options of libpq that the library here has no use for.
var (
	ours    = []string{"application_name", "timezone", "options"}
	ignored = []string{
		"client_encoding", "fallback_application_name", "gssdelegation", "gssencmode", "gsslib", "keepalives", "keepalives_count",
		"keepalives_idle", "keepalives_interval", "sslcompression", "tcp_user_timeout",
	}
)

// completeSettings completes the settings of the session. The library passes all names that it
// does not know to the server, as settings. libpq refuses unknown names, and so do we,
// because such a name may be a part of a password without quotes.
func completeSettings(settings map[string]string, show bool) error {
	for name := range settings {
		switch {
		case slices.Contains(ignored, name):
			delete(settings, name)
		case slices.Contains(ours, name):
		case show:
			return fmt.Errorf("%q is no name that libpq knows", name)
		default:
			return errors.New("it has a name that libpq does not know")
		}
	}
	for name, value := range map[string]string{"application_name": "kcidb", "timezone": "UTC"} {
		settings[name] = cmp.Or(settings[name], value)
	}
	settings["client_encoding"] = "UTF8" // in any database
	return nil
}

// hostsAndPorts returns the hosts, and the ports there, that are tried one after the other, in
// the form of a connection string.
func hostsAndPorts(cfg *pgconn.Config) (hosts, ports string) {
	seen := map[string]bool{}
	add := func(host string, port uint16) {
		// A host comes twice if it is tried without encryption too.
		if key := host + "," + strconv.Itoa(int(port)); !seen[key] {
			if len(seen) > 0 {
				hosts, ports = hosts+",", ports+","
			}
			seen[key] = true
			hosts, ports = hosts+host, ports+strconv.Itoa(int(port))
		}
	}
	add(cfg.Host, cfg.Port)
	for _, f := range cfg.Fallbacks {
		add(f.Host, f.Port)
	}
	return hosts, ports
}

// quote returns a value in the form of a connection string.
func quote(value string) string {
	if value != "" && !strings.ContainsAny(value, " \t\n\r\v\f'\\") {
		return value
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
