// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// snapshot implements sqldb.Snapshot: a view that is read by a cursor.
type snapshot struct {
	*view
	contents contentReader // kept from list to list
	way      sqldb.Way     // the way that the transaction has the settings for
	open     bool          // whether the transaction has a cursor
}

func (c conn) Snapshot(ctx context.Context) (sqldb.Snapshot, error) {
	v, err := c.store.view(ctx)
	if err != nil {
		return nil, err
	}
	return &snapshot{view: v}, nil
}

func (s *snapshot) Close() { s.close() }

func (s *snapshot) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return s.broken(ctx, f(ctx, sqlTx{s.store, s.tx}))
}

// Guard makes a savepoint: the server's error about a damaged row would end the
// transaction.
func (s *snapshot) Guard(ctx context.Context) error {
	return s.broken(ctx, s.exec(ctx, "SAVEPOINT rows"))
}

// Recover returns to the savepoint. That undoes the settings and closes the cursor.
func (s *snapshot) Recover(ctx context.Context, err error) (damage, end error) {
	if !isDamage(err) {
		return nil, err
	}
	s.way, s.open = sqldb.Unguided, false
	if end := s.exec(ctx, "ROLLBACK TO rows"); end != nil {
		return nil, s.broken(ctx, end)
	}
	return s.store.translate(err), nil
}

// guides are the settings for the ways to find rows. The server estimates the number of
// objects at each step of a pattern, and multiplies the estimates of several steps: it
// would read a whole table to find a few objects. For a hundred builds it would rather
// read all tests: it considers that cheap while the tests are in memory, and it estimates
// the number of tests of a build by the average. From a few rows, indexes lead to the
// other objects, however many these are.
//
// In the order of an index, such as a load at a time, the server sorts nothing as a
// whole. The first rows come at once, and the server needs no space.
var guides = map[sqldb.Way]string{
	sqldb.ByIndex: "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; " +
		"SET LOCAL enable_sort = on; SET LOCAL enable_bitmapscan = on; SET LOCAL cursor_tuple_fraction = 1",
	sqldb.InOrder: "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; " +
		"SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL cursor_tuple_fraction = 0.1",
}

// guide makes the settings for a way, unless the transaction has them. It keeps the
// settings for a listing without a way. That concerns only single rows of a dump, which
// their key finds with any settings.
func (s *snapshot) guide(ctx context.Context, way sqldb.Way) error {
	if way == s.way || way == sqldb.Unguided {
		return nil
	}
	if err := s.exec(ctx, guides[way]); err != nil {
		return err
	}
	s.way = way
	return nil
}

// pages reads the rows of a listing from a cursor, which is closed when another listing
// needs it.
type pages struct {
	*sqldb.Listing
	snapshot *snapshot
	table    *table
	values   values

	rows        [][][]byte // of the page
	begun, done bool
}

// Pages makes the rows of Listing.Each a table of the statement.
func (s *snapshot) Pages(l *sqldb.Listing) sqldb.Pages {
	if l.EachColumns != nil {
		joined := *l
		joined.From = dialect{}.Source(l.EachColumns) + " CROSS JOIN " + l.From
		joined.Args = arrays(l.EachColumns, l.Each)
		joined.Order = append([]sqldb.Column{{Name: dialect{}.Field(l.EachColumns, 0)}}, l.Order...)
		l = &joined
	}
	return &pages{Listing: l, snapshot: s, table: selection(l.Rows)}
}

func (p *pages) Count(ctx context.Context, limit int64) (n int64, err error) {
	err = p.snapshot.guide(ctx, p.Way)
	if err == nil {
		ctx, cancel := p.snapshot.store.statementContext(ctx)
		defer cancel()
		query := fmt.Sprintf("SELECT count(*) FROM (%s LIMIT %d) found", p.Select("1"), limit)
		err = p.snapshot.tx.QueryRow(ctx, query, p.Args...).Scan(&n)
	}
	return n, p.snapshot.broken(ctx, err)
}

func (p *pages) Next(ctx context.Context) (n int, err error) {
	if p.done {
		return 0, nil
	}
	if !p.begun {
		err = p.begin(ctx)
	}
	if err == nil {
		p.rows, err = p.fetch(ctx)
	}
	if err != nil {
		return 0, p.snapshot.broken(ctx, err)
	}
	p.done = len(p.rows) < sqldb.PageSize
	return len(p.rows), nil
}

func (p *pages) Row(i int) columns.Row {
	p.values.row, p.values.stored = p.rows[i], p.table.storage
	return &p.values
}

func (p *pages) Place(i int) (place []any) {
	v := values{row: p.rows[i], stored: p.table.storage}
	for n := range p.Order {
		switch p.table.Kinds[n] {
		case columns.Time:
			place = append(place, v.Time().UnixMicro())
		case columns.Version:
			number, _ := v.Int()
			place = append(place, int64(number))
		default:
			text, _ := v.Text()
			place = append(place, text)
		}
	}
	return place
}

// begin opens the cursor, and closes the cursor of the listing before.
func (p *pages) begin(ctx context.Context) error {
	s := p.snapshot
	if s.open {
		if err := s.exec(ctx, "CLOSE page"); err != nil {
			return err
		}
		s.open = false
	}
	if err := s.guide(ctx, p.Way); err != nil {
		return err
	}
	ctx, cancel := s.store.statementContext(ctx)
	defer cancel()
	query, args := p.statement()
	_, err := s.tx.Exec(ctx, "DECLARE page NO SCROLL CURSOR FOR "+query, args...)
	p.begun, s.open = err == nil, err == nil
	return err
}

// statement selects the rows of the listing.
func (p *pages) statement() (query string, args []any) {
	values, order := strings.Join(p.Values, ", "), p.OrderNames()
	if p.Values == nil {
		values = p.table.columnList()
	}
	args = slices.Clone(p.Args)
	var conditions, after []string
	for i, value := range p.After {
		args = append(args, value)
		if p.Order[i].Type == sqldb.TimeColumn {
			after = append(after, dialect{}.Moment(len(args)))
		} else {
			after = append(after, fmt.Sprintf("$%d", len(args)))
		}
	}
	if n := len(after); n > 0 {
		conditions = []string{order[0] + " >= " + after[0],
			"(" + strings.Join(order[:n], ", ") + ") > (" + strings.Join(after, ", ") + ")"}
	}
	return p.Select(values, conditions...) + " ORDER BY " + strings.Join(order, ", "), args
}

var fetchPage = fmt.Sprintf("FETCH %d FROM page", sqldb.PageSize)

// fetch returns the rows of the next page, with contents in place of the references.
func (p *pages) fetch(ctx context.Context) (rows [][][]byte, err error) {
	s := p.snapshot
	if s.store.closed.Load() {
		return nil, errClosed
	}
	ctx, cancel := s.store.statementContext(ctx)
	defer cancel()
	const binary = 1
	result := s.conn.Conn().PgConn().ExecParams(ctx, fetchPage, nil, nil, nil, []int16{binary})
	for result.NextRow() {
		rows = append(rows, cloneRow(result.Values()))
	}
	if _, err := result.Close(); err != nil {
		return nil, err
	}
	return rows, s.contents.resolve(ctx, s.tx, rows, p.table)
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
