// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Where the specification and the environment say nothing.
const (
	maxConnections = 8
	connectTimeout = 10 * time.Second
)

// parse reads what comes behind "postgresql:": a connection string of libpq,
// NAME=VALUE ... or the rest of a URL, and what it leaves out from the
// environment, the password file and the service file. It returns how to
// connect, and the specification as errors may show it: without a password.
func parse(params string) (*pgxpool.Config, string, error) {
	text := strings.TrimPrefix(strings.TrimSpace(params), "!") // the Python system's mark
	if strings.HasPrefix(text, "//") {
		text = "postgresql:" + text
	}
	cfg, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, "", fmt.Errorf("postgresql: the specification cannot be read: %w "+
			"(it is postgresql:NAME=VALUE ..., as in postgresql:host=/run/postgresql dbname=kcidb, or postgresql://USER@HOST/DATABASE)", reason(err))
	}
	conn := cfg.ConnConfig
	conn.Database = cmp.Or(conn.Database, conn.User) // as the server takes it
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = connectTimeout
	}
	for name, value := range map[string]string{"application_name": "kcidb", "timezone": "UTC"} {
		conn.RuntimeParams[name] = cmp.Or(conn.RuntimeParams[name], value)
	}
	if !strings.Contains(text, "pool_max_conns") {
		cfg.MaxConns = maxConnections
	}
	name := fmt.Sprintf("postgresql:host=%s port=%d dbname=%s user=%s",
		quote(conn.Host), conn.Port, quote(conn.Database), quote(conn.User))
	return cfg, name, nil
}

// reason returns why a connection string cannot be read, without the string,
// which may have a password in it.
func reason(err error) error {
	if parsing, ok := errors.AsType[*pgconn.ParseConfigError](err); ok && parsing.Unwrap() != nil {
		err = parsing.Unwrap()
	} else if ok {
		return errors.New("it is malformed")
	}
	if malformed, ok := errors.AsType[*url.Error](err); ok {
		err = malformed.Err
	}
	return err
}

// quote returns a value as a connection string has it.
func quote(value string) string {
	if value != "" && !strings.ContainsAny(value, ` '\`) {
		return value
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
