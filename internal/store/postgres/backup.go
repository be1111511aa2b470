// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
)

var _ store.Backuper = (*Store)(nil)

// Backup implements store.Backuper: it writes a folder with pg_dump. The objects are counted
// in the snapshot that pg_dump reads. The user needs to read all tables and sequences, as the
// owner does.
func (s *Store) Backup(ctx context.Context, to string, progress store.Progress) (map[store.List]int64, error) {
	counts, err := s.backup(ctx, to, progress)
	return counts, s.failure(ctx, "backup", err)
}

func (s *Store) backup(ctx context.Context, to string, progress store.Progress) (counts map[store.List]int64, err error) {
	progress.Report("pg_dump", 0, 0)
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		var name string
		if err := tx.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&name); err != nil {
			return err
		}
		if counts, err = countObjects(ctx, tx); err != nil {
			return err
		}
		return s.tool(ctx, "pg_dump", "--format=directory", "--jobs=2", "--snapshot="+name, "--file="+to)
	})
	if err != nil {
		return nil, err
	}
	progress.Report("pg_restore reads the copy", 0, 0)
	return counts, runTool(exec.CommandContext(ctx, "pg_restore", "--file="+os.DevNull, to))
}

// Restore implements store.Backuper: it runs pg_restore in one transaction, and grants the
// roles their rights. The user becomes the owner.
func (s *Store) Restore(ctx context.Context, from string, progress store.Progress) (map[store.List]int64, error) {
	counts, err := s.restore(ctx, from, progress)
	return counts, s.failure(ctx, "restore", err)
}

func (s *Store) restore(ctx context.Context, from string, progress store.Progress) (map[store.List]int64, error) {
	if is, err := s.Initialized(ctx); err != nil {
		return nil, err
	} else if is {
		return nil, store.ErrInitialized
	}
	progress.Report("pg_restore", 0, 0)
	err := s.tool(ctx, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-comments", from)
	if err != nil {
		return nil, err
	}
	err = s.migrating(ctx, func(m *migrator) error {
		if _, err := m.makeRoles(ctx); err != nil {
			return err
		}
		if err := m.grant(ctx); err != nil {
			return err
		}
		_, err := m.conn.Exec(ctx, "ANALYZE")
		return err
	})
	if err != nil {
		return nil, err
	}
	return countObjects(ctx, s.pool)
}

// countObjects returns the number of objects of each list.
func countObjects(ctx context.Context, q querier) (map[store.List]int64, error) {
	counts := map[store.List]int64{}
	for _, list := range store.Lists {
		var n int64
		if err := q.QueryRow(ctx, "SELECT count(*) FROM "+string(list)).Scan(&n); err != nil {
			return nil, err
		}
		counts[list] = n
	}
	return counts, nil
}

// tool runs a program of PostgreSQL on the database. The password is in the environment of
// the program, which other users cannot read as they read arguments.
func (s *Store) tool(ctx context.Context, name string, args ...string) error {
	params := s.params()
	cfg, _, err := parse(params)
	if err != nil {
		return err
	}
	target, err := toolTarget(params)
	if err != nil {
		return malformed(err)
	}
	cmd := exec.CommandContext(ctx, name, append([]string{"--no-password", "--dbname=" + target}, args...)...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+cfg.ConnConfig.Password, "PGAPPNAME=kcidb")
	return runTool(cmd)
}

// runTool runs a program, and returns what it complains about.
func runTool(cmd *exec.Cmd) error {
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%w: install PostgreSQL's client programs, of the server's version or newer (Debian: postgresql-client)", err)
	case err != nil:
		return fmt.Errorf("%s: %w: %s", cmd.Args[0], err, strings.Join(strings.Fields(complaints.String()), " "))
	}
	return nil
}

// toolTarget returns a connection string for PostgreSQL's programs: without the password,
// and without the options that only our library knows.
func toolTarget(params string) (string, error) {
	text := strings.TrimPrefix(strings.TrimSpace(params), "!")
	drop := func(name string) bool { return name == "password" || strings.HasPrefix(name, "pool_") }
	if strings.HasPrefix(text, "//") {
		u, err := url.Parse("postgresql:" + text)
		if err != nil {
			return "", errors.New("it is not a URL")
		}
		if u.User != nil {
			u.User = url.User(u.User.Username())
		}
		query := u.Query()
		for name := range query {
			if drop(name) {
				query.Del(name)
			}
		}
		u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
		return u.String(), nil
	}
	var kept []string
	for text = strings.TrimSpace(text); text != ""; {
		name, rest, _ := strings.Cut(text, "=")
		value, after := cutSetting(strings.TrimLeftFunc(rest, unicode.IsSpace))
		if name = strings.TrimSpace(name); !drop(name) {
			kept = append(kept, name+"="+quote(value))
		}
		text = strings.TrimSpace(after)
	}
	// Without settings the environment names the database, as an empty string does not.
	return strings.Join(append(kept, "client_encoding=UTF8"), " "), nil
}

// cutSetting returns the value at the beginning of a connection string, and the text behind.
func cutSetting(text string) (value, rest string) {
	quoted := strings.HasPrefix(text, "'")
	if quoted {
		text = text[1:]
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case quoted && c == '\'', !quoted && unicode.IsSpace(rune(c)):
			return b.String(), text[i+1:]
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}
