// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// view is the database of one moment: a transaction that only reads, on a replica too.
// While a view is open, the server keeps rows that are removed meanwhile.
type view struct {
	store *Store
	conn  *pgxpool.Conn
	tx    pgx.Tx
}

// view returns a view of the database. It returns an error unless the database has the
// newest schema. The caller closes the view.
func (s *Store) view(ctx context.Context) (_ *view, err error) {
	ctx, cancel := s.statementContext(ctx)
	defer cancel()
	v := &view{store: s}
	if v.conn, err = s.pool.Acquire(ctx); err != nil {
		return nil, err
	}
	if v.tx, err = v.conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}); err != nil {
		v.conn.Release()
		return nil, err
	}
	// Compiling a query would take longer than running any of ours.
	_, err = v.tx.Exec(ctx, "SET LOCAL jit = off")
	if err == nil {
		err = s.ready(ctx, v.tx)
	}
	if err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

// byIndexSQL makes the server find related rows one by one, by an index. For a hundred
// builds the server would rather read all tests: it considers that cheap while the tests
// are in memory, and it estimates the number of tests of a build by the average.
const byIndexSQL = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"

// byIndex applies byIndexSQL to the queries of the view.
func (v *view) byIndex(ctx context.Context) error {
	ctx, cancel := v.store.statementContext(ctx)
	defer cancel()
	_, err := v.tx.Exec(ctx, byIndexSQL, pgx.QueryExecModeSimpleProtocol)
	return err
}

// exec runs a statement that takes no time.
func (v *view) exec(ctx context.Context, statement string) error {
	ctx, cancel := v.store.statementContext(ctx)
	defer cancel()
	_, err := v.tx.Exec(ctx, statement)
	return err
}

// broken adds the likely reason to the error that a view ended by. A replica closes
// connections to apply a change while no query runs on them. The server's message about
// that is lost with the connection.
func (v *view) broken(ctx context.Context, err error) error {
	if !isNetwork(err) || ctx.Err() != nil || v.store.closed.Load() {
		return err
	}
	asked, cancel := v.store.statementContext(ctx)
	defer cancel()
	var replica bool
	if v.store.pool.QueryRow(asked, "SELECT pg_is_in_recovery()").Scan(&replica) == nil && replica {
		return fmt.Errorf("%w: the connection broke, as by a conflict with recovery%s", store.ErrBusy, conflict)
	}
	return err
}

func (v *view) close() {
	ctx, cancel := context.WithTimeout(context.Background(), v.store.patience)
	defer cancel()
	v.tx.Rollback(ctx)
	v.conn.Release()
}

// pageSize is the number of rows that are read at once: enough that asking for a page
// costs little in comparison, and few enough to hold them in memory with their contents.
const pageSize = 500

var fetchPage = fmt.Sprintf("FETCH %d FROM page", pageSize)

// pages reads rows in pages and adds them to sets.
type pages struct {
	view     *view
	values   values
	reader   columns.Reader // of the values
	contents contentReader
	into     *sqldb.Sets
	done     func(row [][]byte) // called after each row, if not nil
}

func newPages(v *view, into *sqldb.Sets) *pages {
	p := &pages{view: v, into: into}
	p.reader = columns.Reader{Row: &p.values, Metadata: into.Metadata}
	return p
}

// read reads the rows that a query selects with the columns of a table. It returns false
// if the caller wants no more.
func (p *pages) read(ctx context.Context, t *table, query string, args ...any) (bool, error) {
	begun, cancel := p.view.store.statementContext(ctx)
	defer cancel()
	if _, err := p.view.tx.Exec(begun, "DECLARE page NO SCROLL CURSOR FOR "+query, args...); err != nil {
		return false, err
	}
	for {
		rows, err := p.rows(ctx, t, fetchPage, nil)
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			more, err := p.add(t, row)
			if err != nil || !more {
				return false, err
			}
			if p.done != nil {
				p.done(row)
			}
		}
		if len(rows) < pageSize {
			break
		}
	}
	err := p.view.exec(ctx, "CLOSE page")
	return err == nil, err
}

// add adds the object in a row to the sets. It reports whether they want more.
func (p *pages) add(t *table, row [][]byte) (bool, error) {
	p.values.row, p.values.stored = row, t.storage
	return p.into.Add(&t.rowset, &p.reader)
}

// rows returns the rows of a statement, with contents in place of the references.
func (p *pages) rows(ctx context.Context, t *table, statement string, params [][]byte) ([][][]byte, error) {
	if p.view.store.closed.Load() {
		return nil, errClosed
	}
	ctx, cancel := p.view.store.statementContext(ctx)
	defer cancel()
	const binary = 1
	result := p.view.conn.Conn().PgConn().ExecParams(ctx, statement, params, nil, nil, []int16{binary})
	var rows [][][]byte
	for result.NextRow() {
		rows = append(rows, cloneRow(result.Values()))
	}
	if _, err := result.Close(); err != nil {
		return nil, err
	}
	return rows, p.contents.resolve(ctx, p.view.tx, rows, t)
}

// cloneRow copies values that belong to the connection, in one piece.
func cloneRow(values [][]byte) [][]byte {
	size := 0
	for _, value := range values {
		size += len(value)
	}
	piece, row := make([]byte, 0, size), make([][]byte, len(values))
	for i, value := range values {
		if value != nil {
			from := len(piece)
			piece = append(piece, value...)
			row[i] = piece[from:len(piece):len(piece)]
		}
	}
	return row
}
