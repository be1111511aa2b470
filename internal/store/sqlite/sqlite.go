// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps reports in a SQLite database: one file and no server, the store
// of a single machine and of tests.
//
// The file is in WAL mode, so readers see the last committed state during a write, and
// each transaction is on disk once it is committed (synchronous=FULL). Other processes
// may use the file at the same time on the same machine; a writer waits for another
// writer up to busyTimeout.
//
// An in-memory database, ":memory:", belongs to its store and ends with it. It needs
// Init as a file does. All its methods share one connection, so iterators hold the
// connection for one page of objects at a time, and see what is loaded between pages.
//
// Times are kept to the microsecond. An empty environment or culprit is not kept,
// because only its fields are columns.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
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
sqlite:FILE, a database in a file. Init makes the file if it does not exist.
sqlite::memory:, a database in memory, gone when the command ends. It starts
without a schema, as a new file does.
Example: sqlite:/var/lib/kcidb/kcidb.sqlite
`,
	Open: func(_ context.Context, params store.Spec) (store.Sink, error) { return Open(params()) },
}

// memory is SQLite's name of a database in memory.
const memory = ":memory:"

// Settings of every connection. A commit waits for the disk. Waiting for another
// process's transaction is bounded, to distinguish a process that hangs from a process
// that works. The page caches, in KiB, hold the upper levels of the indexes of millions
// of objects. Other pages that are read again come from the system's cache. The file is
// not mapped, so its pages do not count as memory of the process.
const (
	busyTimeout = 10 * time.Second
	pragmas     = "_pragma=busy_timeout(%d)&_pragma=synchronous(full)&_pragma=cache_size(-%d)" +
		"&_pragma=mmap_size(0)&_pragma=journal_size_limit(67108864)&_pragma=wal_autocheckpoint(4000)&_error_rc=1"
	writerCache = 64 << 10
	readerCache = 4 << 10
)

// Bounds of the readers' connections. There are as many as requests that the web answers
// at a time, and some more for the notifier and the loader; their caches take at most
// 160 MiB together. Each reader has one connection at a time, so a reader that waits for
// a connection waits until another reader is done, and never in a circle. Connections
// that are not used for readerIdle are closed, which frees their caches.
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
	// uncounted: loads keep no roll-ups, so that a benchmark can measure what these
	// cost.
	uncounted bool

	queries atomic.Int64 // started so far, to tell their tables apart
	closed  atomic.Bool  // set by Close: running iterators fail
}

// Open returns the database in a file, which may not exist yet, or in memory if file is
// ":memory:". If the file exists and is not, or no longer, one of ours, Open returns
// ErrCorrupt or ErrNewSchema.
func Open(file string) (*Store, error) {
	switch file {
	case "":
		return nil, errors.New("sqlite: no file given (the specification is sqlite:FILE, or sqlite::memory:, for one in memory)")
	case memory:
		return OpenMemory("sqlite:" + file), nil
	}
	s := &Store{name: "sqlite:" + file, file: filepath.Clean(file), now: time.Now}
	uri := uriOf(s.file)
	s.write = openPool(uri+"?mode=rw&_txlock=immediate&"+fmt.Sprintf(pragmas, busyTimeout.Milliseconds(), writerCache), 1)
	s.Store = newSQL(s)
	// Readers write only temporary tables. They are opened like writers nevertheless,
	// because a read-only connection that is closed last cannot remove the files beside
	// the database.
	s.read = openPool(uri+"?mode=rw&"+fmt.Sprintf(pragmas, busyTimeout.Milliseconds(), readerCache), maxReaders)
	_, err := schemaOf(context.Background(), s.read)
	if err = s.failure(context.Background(), "open", err); err != nil && !errors.Is(err, store.ErrNotFound) {
		s.Close()
		return nil, err
	}
	return s, nil
}

// OpenMemory returns a new database in memory. Errors call the database by the name.
func OpenMemory(name string) *Store {
	pool := openPool("file::memory:?_txlock=immediate&"+fmt.Sprintf(pragmas, busyTimeout.Milliseconds(), writerCache), 1)
	s := &Store{name: name, write: pool, read: pool, now: time.Now}
	s.Store = newSQL(s)
	return s
}

// openPool returns a pool of at most most connections. It opens none yet.
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

// Close closes the database. It closes the writer last, because the writer empties the
// write-ahead log into the file.
func (s *Store) Close() error {
	s.closed.Store(true)
	return s.failure(context.Background(), "close", errors.Join(s.read.Close(), s.write.Close()))
}

// querier reads: a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// update runs f in a write transaction, and commits if f returns no error. It returns an
// error unless the database has the newest schema.
func (s *Store) update(ctx context.Context, f func(tx *sql.Tx) error) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := ready(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// transact runs f in a write transaction with any schema.
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
