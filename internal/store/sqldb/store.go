// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
)

// Source is a store whose database is asked in SQL.
type Source interface {
	SQL() *DB
}

// Of returns the SQL database of a store, or of the store it wraps; nil if it has none.
func Of(s store.Sink) *DB {
	if source, ok := store.As[Source](s); ok {
		return source.SQL()
	}
	return nil
}

// Store has the methods of store.Store that are the same for all SQL databases. The
// store of a driver embeds it.
type Store struct {
	db        *DB
	platforms func() func(environmentMisc []byte) string
}

// NewStore returns a store that asks a database. The roll-ups, which stand on this
// package, decide the platform of a test: platforms returns a function that returns the
// platform in the misc of a test's environment.
func NewStore(db *DB, platforms func() func(environmentMisc []byte) string) Store {
	return Store{db, platforms}
}

// SQL returns the database as packages that ask it in SQL see it.
func (s Store) SQL() *DB { return s.db }

// Time returns a time of the database.
func (s Store) Time(ctx context.Context, which store.Clock) (t time.Time, err error) {
	switch which {
	case store.Current:
		t, err = s.db.Clock(ctx)
	case store.Next:
		t, err = s.db.Next(ctx)
	case store.FirstModified:
		t, err = s.modified(ctx, "min")
	case store.LastModified:
		t, err = s.modified(ctx, "max")
	default:
		err = fmt.Errorf("no such time: %q", which)
	}
	return t, s.db.Failure(ctx, "time", err)
}

// modified returns the extreme of the timestamps of all objects, min or max; the zero
// time if there are no objects.
func (s Store) modified(ctx context.Context, extreme string) (time.Time, error) {
	var tables []string
	for _, list := range store.Lists {
		tables = append(tables, fmt.Sprintf("SELECT %s(_timestamp) AS t FROM %s", extreme, TableOf(s.db, list)))
	}
	query := fmt.Sprintf("SELECT %s FROM (%s) extremes HAVING count(t) > 0",
		s.db.Micros(extreme+"(t)"), strings.Join(tables, " UNION ALL "))
	var micros int64
	var found bool
	err := s.db.ReadCommitted(ctx, func(ctx context.Context, tx Tx) (err error) {
		found, err = ReadRow(ctx, tx, query, nil, &micros)
		return err
	})
	if err != nil || !found {
		return time.Time{}, err
	}
	return time.UnixMicro(micros).UTC(), nil
}

// TableOf returns the name of the table of a list.
func TableOf(d Dialect, list store.List) string {
	if list == store.Tests {
		return d.Tests()
	}
	return string(list)
}

// NoteChanges notes the changes of a load, made at a time in microseconds since 1970, if the
// notifier watches. The load calls it in its transaction after all merges: of two loads
// that change the same object, the later load has waited for the end of the earlier by
// then, and gets the greater number.
func NoteChanges(ctx context.Context, tx Tx, at int64, changes []store.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var watched bool
	if _, err := ReadRow(ctx, tx, "SELECT EXISTS (SELECT 1 FROM watch)", nil, &watched); err != nil || !watched {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO changes (at, objects, data) VALUES ($1, $2, $3)", at, len(changes), store.EncodeChanges(changes))
	return err
}
