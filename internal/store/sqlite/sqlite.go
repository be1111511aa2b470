// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps reports in a SQLite database: one file and no server,
// the store of a single machine and of tests.
//
// The file is in WAL mode, so readers see the last committed state while
// somebody writes, and each transaction is on disk once it is committed
// (synchronous=FULL). Other processes may use the file at the same time on
// the same machine; a writer waits for another one up to busyTimeout.
//
// An in-memory database, ":memory:", is private to its store and gone with
// it. It needs Init as a file does. All its methods share one connection, so
// iterators hold it for a page of objects at a time, and see what is loaded
// in between.
//
// Times are kept to the microsecond. An environment or culprit object with
// nothing in it is not kept, for their fields are columns of their own.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the engine

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Driver opens SQLite databases.
var Driver = store.Driver{
	Name: "sqlite",
	Help: `
sqlite:FILE, a database in a file. Init makes the file where there is none.
sqlite::memory:, a database in memory, gone when the command ends. It starts
without a schema, as a new file does.
Example: sqlite:/var/lib/kcidb/kcidb.sqlite
`,
	Open: func(_ context.Context, params string) (store.Sink, error) { return Open(params) },
}

// memory is what SQLite calls a database in memory.
const memory = ":memory:"

// Settings of every connection. A commit waits for the disk. Waiting for
// another process's transaction is bounded, so that a process that hangs is
// told from one that works. The page caches, in KiB, keep the upper levels of
// the indexes of millions of objects; what else is read again comes from the
// system's cache, of which the file is no part of the process: it is not mapped.
const (
	busyTimeout = 10 * time.Second
	pragmas     = "_pragma=busy_timeout(%d)&_pragma=synchronous(full)&_pragma=cache_size(-%d)" +
		"&_pragma=mmap_size(0)&_pragma=journal_size_limit(67108864)&_pragma=wal_autocheckpoint(4000)&_error_rc=1"
	writerCache = 64 << 10
	readerCache = 4 << 10
)

// Bounds of the readers' connections. There are as many as the web answers at a
// time, with some left for the notifier and the loader, and together their caches
// take 160 MiB at most. Those who read have one connection at a time, so that more
// readers wait for others to finish, and never for each other. Those not used for
// a while are closed, and their caches freed.
const (
	maxReaders  = 40
	idleReaders = 8
	readerIdle  = time.Minute
)

// Store is an opened SQLite database.
type Store struct {
	sqldb.Store // what is the same for all SQL databases

	name  string  // the specification, which errors begin with
	file  string  // "" for a database in memory
	write *sql.DB // one connection, whose transactions are writes from their start
	read  *sql.DB // maxReaders connections; in memory the same as write
	now   func() time.Time
	// uncounted: loads keep no roll-ups; what that is worth is measured.
	uncounted bool

	queries atomic.Int64 // started so far, to tell their tables apart
	closed  atomic.Bool  // what is still being read ends
}

// Open returns the database in a file, which need not be there yet, or in
// memory where file is ":memory:". A file that is there and is not, or no
// longer, one of ours is an error, ErrCorrupt or ErrNewSchema.
func Open(file string) (*Store, error) {
	switch file {
	case "":
		return nil, errors.New("sqlite: no file given (the specification is sqlite:FILE, or sqlite::memory:, for one in memory)")
	case memory:
		return OpenMemory("sqlite:" + file), nil
	}
	// The name goes into a URI, whose path must not begin with two slashes.
	s := &Store{name: "sqlite:" + file, file: filepath.Clean(file), now: time.Now}
	uri := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(s.file)
	s.write = openPool(uri+"?mode=rw&_txlock=immediate&"+fmt.Sprintf(pragmas, busyTimeout.Milliseconds(), writerCache), 1)
	// Readers write nothing but temporary tables. They are opened like
	// writers nevertheless, for a read-only connection that is the last one
	// cannot remove the files beside the database.
	s.Store = newSQL(s)
	s.read = openPool(uri+"?mode=rw&"+fmt.Sprintf(pragmas, busyTimeout.Milliseconds(), readerCache), maxReaders)
	_, err := schemaOf(context.Background(), s.read)
	if err = s.failure(context.Background(), "open", err); err != nil && !errors.Is(err, store.ErrNotFound) {
		s.Close()
		return nil, err
	}
	return s, nil
}

// OpenMemory returns a new database in memory, which errors call by the name.
func OpenMemory(name string) *Store {
	pool := openPool("file::memory:?_txlock=immediate&"+fmt.Sprintf(pragmas, busyTimeout.Milliseconds(), writerCache), 1)
	s := &Store{name: name, write: pool, read: pool, now: time.Now}
	s.Store = newSQL(s)
	return s
}

// openPool returns a pool of most connections. None is opened yet.
func openPool(dsn string, most int) *sql.DB {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		panic(err) // the engine is linked in, and opens nothing here
	}
	db.SetMaxOpenConns(most)
	if most > 1 {
		db.SetMaxIdleConns(idleReaders)
		db.SetConnMaxIdleTime(readerIdle)
	}
	return db
}

// Close closes the database. The writer is the last to go, for it empties the
// write-ahead log into the file.
func (s *Store) Close() error {
	s.closed.Store(true)
	return s.failure(context.Background(), "close", errors.Join(s.read.Close(), s.write.Close()))
}

// querier is what reading needs: a transaction, or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// update runs f in a write transaction on the newest schema, and commits
// where f returns no error.
func (s *Store) update(ctx context.Context, f func(tx *sql.Tx) error) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := ready(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// transact runs f in a write transaction, whatever the schema.
func (s *Store) transact(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}
