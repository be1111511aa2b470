// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/kcidb-go/kcidb/internal/store"
)

// failure returns err with the database and the operation named, wrapped in the store's
// error for it if there is one. If the operation ended because ctx was done, failure
// returns the cause of that in place of the engine's error.
func (s *Store) failure(ctx context.Context, operation string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var engine *sqlite.Error
	if errors.As(err, &engine) {
		err = s.translate(engine)
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrNotInitialized) {
		err = fmt.Errorf("%w: \"kcidb db init -d %s\" makes it", err, s.name)
	}
	return fmt.Errorf("%s: %s: %w", s.name, operation, err)
}

// translate returns an error of the engine wrapped in the store's error for it, or
// unchanged if the store has no error for it.
func (s *Store) translate(err *sqlite.Error) error {
	sentinel := error(nil)
	switch err.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		sentinel = store.ErrFull
	case sqlite3.SQLITE_READONLY:
		sentinel = store.ErrReadOnly
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		sentinel = store.ErrBusy
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		sentinel = store.ErrCorrupt
	case sqlite3.SQLITE_TOOBIG:
		return &store.Refused{Why: "a text is longer than the database keeps", Err: err}
	case sqlite3.SQLITE_CANTOPEN:
		return s.cannotOpen(err)
	}
	// The index of the write-ahead log is made as large as it will be needed.
	if err.Code() == sqlite3.SQLITE_IOERR_SHMSIZE {
		sentinel = store.ErrFull
	}
	if sentinel == nil {
		return err
	}
	return fmt.Errorf("%w: %w", sentinel, err)
}

// cannotOpen finds out why the engine could not open the file or the files beside it,
// because the engine does not report the reason.
func (s *Store) cannotOpen(err error) error {
	f, openErr := os.Open(s.file)
	if errors.Is(openErr, os.ErrNotExist) {
		return store.ErrNotFound
	}
	if openErr != nil {
		return openErr
	}
	defer f.Close()
	if info, statErr := f.Stat(); statErr == nil && info.IsDir() {
		return fmt.Errorf("%w: it is a directory", store.ErrCorrupt)
	}
	return fmt.Errorf("%w: files are kept beside it, and its directory cannot be written to: %w", store.ErrReadOnly, err)
}

// isDamage reports whether an error may concern a single row, so that other rows can
// still be read.
func isDamage(err error) bool {
	if engine, ok := errors.AsType[*sqlite.Error](err); ok {
		return slices.Contains([]int{sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_TOOBIG}, engine.Code()&0xff)
	}
	return errors.Is(err, store.ErrCorrupt)
}
