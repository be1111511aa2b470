// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"modernc.org/sqlite"

	"github.com/kcidb-go/kcidb/internal/store"
)

var _ store.Backuper = (*Store)(nil)

// copyPages is how many pages are copied between two looks at the context: 16 MiB.
const copyPages = 4096

// Backup implements store.Backuper: it writes a file.
func (s *Store) Backup(ctx context.Context, to string, progress store.Progress) (map[store.List]int64, error) {
	counts, err := s.backup(ctx, to, progress)
	return counts, s.failure(ctx, "backup", err)
}

func (s *Store) backup(ctx context.Context, to string, progress store.Progress) (map[store.List]int64, error) {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if n, err := schemaOf(ctx, conn); err != nil || n == 0 {
		return nil, errors.Join(err, store.ErrNotInitialized)
	}
	if err := create(to); err != nil {
		return nil, err
	}
	// The transaction keeps the database of one moment, so that the copy need not begin
	// again whenever something is loaded.
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return nil, err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	counts, err := countObjects(ctx, conn)
	if err != nil {
		return nil, err
	}
	err = copyPagesOf(ctx, conn, progress, func(c copier) (*sqlite.Backup, error) { return c.NewBackup(uriOf(to)) })
	if err != nil {
		return nil, err
	}
	return counts, checkCopy(ctx, to, counts)
}

// Restore implements store.Backuper. It creates the file if it does not exist.
func (s *Store) Restore(ctx context.Context, from string, progress store.Progress) (map[store.List]int64, error) {
	counts, err := s.restore(ctx, from, progress)
	return counts, s.failure(ctx, "restore", err)
}

func (s *Store) restore(ctx context.Context, from string, progress store.Progress) (map[store.List]int64, error) {
	if s.file != "" {
		if err := create(s.file); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if n, err := schemaOf(ctx, conn); err != nil {
		return nil, err
	} else if n > 0 {
		return nil, store.ErrInitialized
	}
	// The folder of the copy may be read-only: immutable needs no files beside the copy.
	err = copyPagesOf(ctx, conn, progress, func(c copier) (*sqlite.Backup, error) {
		return c.NewRestore(uriOf(from) + "?mode=ro&immutable=1")
	})
	if err != nil {
		return nil, err
	}
	return countObjects(ctx, conn)
}

// create creates an empty file that only its owner can read.
func create(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// uriOf returns the name of a file as a URI, whose path must not begin with two slashes.
func uriOf(file string) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(file)
}

// copier is a connection of the engine.
type copier interface {
	NewBackup(to string) (*sqlite.Backup, error)
	NewRestore(from string) (*sqlite.Backup, error)
}

// copyPagesOf copies all pages of a database. The target gets them in one transaction.
func copyPagesOf(ctx context.Context, conn *sql.Conn, progress store.Progress, begin func(copier) (*sqlite.Backup, error)) error {
	return conn.Raw(func(engine any) (err error) {
		b, err := begin(engine.(copier))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.Finish()) }()
		for more := true; more; {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			if more, err = b.Step(copyPages); err != nil {
				return err
			}
			total := b.PageCount()
			progress.Report("pages copied", int64(total-b.Remaining()), int64(total))
		}
		return nil
	})
}

// countObjects returns the number of objects of each list.
func countObjects(ctx context.Context, q querier) (map[store.List]int64, error) {
	counts := map[store.List]int64{}
	for _, list := range store.Lists {
		rows, err := q.QueryContext(ctx, "SELECT count(*) FROM "+string(list))
		if err != nil {
			return nil, err
		}
		var n int64
		for rows.Next() {
			err = rows.Scan(&n)
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
		counts[list] = n
	}
	return counts, nil
}

// checkCopy returns an error unless a copy is whole and has as many objects as were counted.
func checkCopy(ctx context.Context, file string, want map[store.List]int64) error {
	db := openPool(uriOf(file)+"?mode=ro&immutable=1", 1)
	defer db.Close()
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: the copy %s: %s", store.ErrCorrupt, file, found)
	}
	counts, err := countObjects(ctx, db)
	if err != nil {
		return err
	}
	for list, n := range want {
		if counts[list] != n {
			return fmt.Errorf("%w: the copy %s has %d %s of %d", store.ErrCorrupt, file, counts[list], list, n)
		}
	}
	return nil
}
