// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// snapshot implements sqldb.Snapshot: a view with temporary tables of the rows of
// listings. SQLite moves a large table to disk.
type snapshot struct {
	*view
	contents contentReader // kept from list to list, unless keyed
	noted    []string      // the tables
	// keyed: the database is in memory. SQLite gives a new row the rowid of a row that was
	// removed, so no rowid is kept for the next page: rows are noted by their keys.
	keyed bool
}

func (c conn) Snapshot(ctx context.Context) (sqldb.Snapshot, error) {
	v, err := c.store.view(ctx)
	if err != nil {
		return nil, err
	}
	return &snapshot{view: v, keyed: v.tx == nil}, nil
}

// Close drops the tables, because the connection of a database in memory stays open.
func (s *snapshot) Close() {
	if len(s.noted) > 0 {
		s.withTx(context.Background(), func(tx *sql.Tx) error {
			_, err := tx.Exec("DROP TABLE IF EXISTS " + strings.Join(s.noted, "; DROP TABLE IF EXISTS "))
			return err
		})
	}
	s.close()
}

func (s *snapshot) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return s.withTx(ctx, func(tx *sql.Tx) error { return f(ctx, sqlTx{tx}) })
}

func (s *snapshot) Guard(context.Context) error { return nil }

func (s *snapshot) Recover(_ context.Context, err error) (damage, end error) {
	if isDamage(err) {
		return err, nil
	}
	return nil, err
}

// pages reads a listing in pages, in one of two ways. A listing in the order of an index
// streams: each page begins behind the last. The rows of any other listing are noted, by
// the first page or by Count, in a temporary table that numbers them. The table has the
// rowid or the key of each row, or all values if the listing consists of no rows of a
// table.
type pages struct {
	*sqldb.Listing
	snapshot *snapshot
	table    *table
	noted    string // the table; "" before it is filled
	values   merging.Values

	rows  [][]any // of the page; first the values that the rows are sorted by
	order int     // the number of these values
	after []any   // the place of the last row that was read
	done  bool    // no page is left
}

func (s *snapshot) Pages(l *sqldb.Listing) sqldb.Pages {
	p := &pages{Listing: l, snapshot: s, table: selection(l.Rows), order: 1, after: l.After}
	if p.streams() {
		p.order = len(l.Order)
	}
	return p
}

func (p *pages) streams() bool { return p.Way == sqldb.InOrder && p.Values == nil }

// Count counts the rows of a listing that streams, and notes those of others.
func (p *pages) Count(ctx context.Context, limit int64) (n int64, err error) {
	err = p.snapshot.withTx(ctx, func(tx *sql.Tx) error {
		most := fmt.Sprintf(" LIMIT %d", limit)
		if !p.streams() {
			n, err = p.note(ctx, tx, most)
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT count(*) FROM ("+p.Select("1")+most+")", p.Args...).Scan(&n)
	})
	return n, err
}

func (p *pages) Next(ctx context.Context) (n int, err error) {
	if p.done {
		return 0, nil
	}
	p.rows = nil
	err = p.snapshot.withTx(ctx, func(tx *sql.Tx) error {
		if !p.streams() && p.noted == "" {
			if _, err := p.note(ctx, tx, ""); err != nil {
				return err
			}
		}
		query, args := p.pageSQL()
		rows, err := readRows(ctx, tx, p.order+len(p.Rows.Columns), query, args)
		if err != nil {
			return err
		}
		p.rows = rows
		if p.snapshot.keyed { // a new content may have the number of a content that was removed
			p.snapshot.contents = contentReader{}
		}
		return p.snapshot.contents.resolve(ctx, tx, rows, p.table.contents, p.order)
	})
	if err != nil {
		return 0, err
	}
	n = len(p.rows)
	if n > 0 {
		p.after = p.Place(n - 1)
	}
	p.done = n < sqldb.PageSize
	return n, nil
}

func (p *pages) Row(i int) columns.Row {
	p.values.Row = p.rows[i][p.order:]
	return &p.values
}

func (p *pages) Place(i int) []any { return p.rows[i][:p.order] }

// note creates and fills the table. It returns the number of rows. The columns have no
// type, because a hash of digits must not become a number.
func (p *pages) note(ctx context.Context, tx *sql.Tx, limit string) (int64, error) {
	name := fmt.Sprintf("temp.noted_%d", p.snapshot.store.queries.Add(1))
	columns := strings.Join(p.notedColumns(), ", ")
	if _, err := tx.ExecContext(ctx, "CREATE TABLE "+name+" (number INTEGER PRIMARY KEY, "+columns+")"); err != nil {
		return 0, err
	}
	p.noted = name
	p.snapshot.noted = append(p.snapshot.noted, name)
	insert := "INSERT INTO " + name + " (" + columns + ") " + p.noteSQL() + limit
	if p.EachColumns != nil {
		return sqlTx{tx}.Each(ctx, insert, p.EachColumns, p.Each)
	}
	noted, err := tx.ExecContext(ctx, insert, p.Args...)
	if err != nil {
		return 0, err
	}
	return noted.RowsAffected()
}

// notedColumns returns what is noted of a row.
func (p *pages) notedColumns() []string {
	switch {
	case p.Values != nil:
		return p.Rows.Columns
	case p.snapshot.keyed:
		t := tableOf(p.Rows.List)
		return t.Columns[idColumn : idColumn+t.Keys]
	}
	return []string{"rowid"}
}

// noteSQL selects what is noted of all rows.
func (p *pages) noteSQL() string {
	values := "o." + strings.Join(p.notedColumns(), ", o.")
	if p.Values != nil {
		values = strings.Join(p.Values, ", ")
	}
	return p.Select(values) + " ORDER BY " + strings.Join(p.OrderNames(), ", ")
}

// pageSQL selects the next page.
func (p *pages) pageSQL() (query string, args []any) {
	if p.streams() {
		return p.streamSQL()
	}
	after := int64(0)
	if p.after != nil {
		after = p.after[0].(int64)
	}
	return p.notedSQL(), []any{after}
}

// notedSQL selects the noted rows behind a number. CROSS JOIN keeps the order of the
// loops.
func (p *pages) notedSQL() string {
	rest := fmt.Sprintf(" WHERE n.number > $1 ORDER BY n.number LIMIT %d", sqldb.PageSize)
	if p.Values != nil {
		return "SELECT n.number, n." + strings.Join(p.Rows.Columns, ", n.") + " FROM " + p.noted + " n" + rest
	}
	var same []string
	for _, column := range p.notedColumns() {
		same = append(same, "o."+column+" = n."+column)
	}
	return "SELECT n.number, " + p.table.columnList() + " FROM " + p.noted + " n CROSS JOIN " + string(p.Rows.List) + " o ON " +
		strings.Join(same, " AND ") + rest
}

// streamSQL selects the rows behind a place. Rows that have the first value of the
// place have a SELECT of their own, so that the index on _timestamp finds the place
// among all objects of a load.
func (p *pages) streamSQL() (query string, args []any) {
	order := p.OrderNames()
	values := strings.Join(order, ", ") + ", " + p.table.columnList()
	first, second := len(p.Args)+1, len(p.Args)+2
	switch len(p.after) {
	case 0:
		query = p.Select(values)
	case 1:
		query = p.Select(values, fmt.Sprintf("%s > $%d", order[0], first))
	default:
		query = p.Select(values, sqldb.Equals(order[0], first), fmt.Sprintf("%s > $%d", order[1], second)) +
			" UNION ALL " + p.Select(values, fmt.Sprintf("%s > $%d", order[0], first))
	}
	sorted := " ORDER BY 1"
	if len(order) == 2 {
		sorted += ", 2"
	}
	return query + sorted + fmt.Sprintf(" LIMIT %d", sqldb.PageSize), append(append([]any{}, p.Args...), p.after...)
}
