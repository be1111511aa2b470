// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

// Dialect is how the SQL of an engine differs from that of the others. Its methods
// return parts of statements, and the parameters that belong to them. n is the
// number of a parameter: 1 for $1.
type Dialect interface {
	// Tests returns the name of the table of tests.
	Tests() string
	// Contents returns the texts of contents by their names. A name is the value of a
	// column that refers to a content, as text.
	Contents(ctx context.Context, tx Tx, names []string) (map[string]string, error)

	// Excerpt returns the expression of the log excerpt of a row "o" of builds or tests: "="
	// and the text, or the name of a content; empty for NULL.
	Excerpt(list store.List) string

	// List returns texts as the value of one parameter.
	List(texts []string) any
	// Numbers returns numbers as the value of one parameter.
	Numbers(numbers []int64) any
	// In returns the condition that an expression is in the list of parameter n.
	In(expression string, n int) string
	// InMany is In for a list of thousands of texts. PostgreSQL looks at each text of
	// In's list to estimate how many rows have it, which takes too long for so many.
	InMany(expression string, n int) string

	// InIDs returns the condition that columns, one or two, are the fields of one of the
	// IDs of a type. IDs returns the values of its parameters, which begin with n.
	InIDs(t object.Type, columns []string, n int) string
	// IDs returns IDs as the values of one or two parameters.
	IDs(t object.Type, ids []object.ID) []any
	// Patchset returns the expression of the hash of a checkout's patches. It is empty if
	// there are no patches, and NULL if the patches are unknown.
	Patchset(checkout string) string

	// Place returns columns that identify a row of a table, texts or numbers, given the
	// columns of the key. Rows that arrived at the same time are dumped in their order, so
	// they should be the columns that the engine sorts with the least effort.
	Place(key []string) []string
	// Runs returns the two expressions that lists of runs sort the tests "o" of a build
	// by: the path, and a column of Place. behind is the condition that a test comes after
	// the test with the path and the ID that two expressions return.
	Runs(path, id string) (order [2]string, behind string)
	// Unsearched returns a column as an expression that SQLite does not search or sort by
	// an index. PostgreSQL knows from its statistics which index is good.
	Unsearched(column string) string
	// Indexed returns the clause behind the alias of a table in FROM that makes SQLite find
	// its rows by an index. It prefers the primary key to an index with more columns of a
	// condition.
	Indexed(index string) string

	// Components returns the expression of the first two components of a path, without NULL.
	Components(path string) string

	// Micros returns the expression of a time column in microseconds since 1970, 0 for
	// NULL.
	Micros(column string) string
	// Moment returns the expression of parameter n, microseconds since 1970, as a value
	// of a time column.
	Moment(n int) string
	// JSON returns the expression of a column with a list of texts as JSON text, empty for
	// NULL.
	JSON(column string) string

	// Insert returns the beginning of a statement for Tx.Each that inserts rows into a
	// table: ON CONFLICT may follow.
	Insert(table string, columns []Column) string
	// Delete returns the beginning of a statement for Tx.Each that deletes from a table
	// the rows with the values of the columns: AND and more conditions may follow.
	Delete(table string, columns []Column) string
	// Source returns a table "r" with the columns, the rows that Tx.Each was given, for
	// the FROM clause of its statement.
	Source(columns []Column) string

	// Field returns column n of a row of Listing.Each, as an expression in Listing.Where.
	Field(columns []Column, n int) string

	// Concurrent reports whether transactions of several writers run at the same time,
	// so that a writer has to lock what it reads. If false, there is one writer, and the
	// methods below have no effect.
	Concurrent() bool
	// ForUpdate returns the clause at the end of a SELECT that locks its rows until the
	// end of the transaction, in the order of the SELECT.
	ForUpdate() string
	// SkipLocked returns the same clause, but the SELECT leaves out rows that another
	// transaction has locked.
	SkipLocked() string
	// Lock takes a lock until the end of the transaction, shared with others or alone.
	Lock(ctx context.Context, tx Tx, lock Lock, alone bool) error
	// Shard returns the expression of a small number that is likely to differ between
	// transactions that run at the same time. 0 if there is one writer.
	Shard() string
}

// Lock is a lock that belongs to no row. Its number is a part of PostgreSQL's key of
// an advisory lock; 1 to 3 belong to the driver.
type Lock int64

const (
	// BudgetLock: a transaction that counts the mails of a recipient holds it alone.
	BudgetLock Lock = 4
	// CountsLock: a transaction that updates the roll-ups shares it. A transaction that
	// needs all other updates to be over holds it alone.
	CountsLock Lock = 5
	// JudgeLock: a transaction that judges revisions holds it alone.
	JudgeLock Lock = 6
	// LedgerLock: a transaction that appends to the ledger holds it alone.
	LedgerLock Lock = 7
)

// Column is a column of a table, with the type of its values.
type Column struct {
	Name string
	Type ColumnType
}

// ColumnType is the type of the values that Tx.Each writes to a column.
type ColumnType int

// The types of columns.
const (
	TextColumn   ColumnType = iota // string
	NumberColumn                   // int64
	TimeColumn                     // int64, microseconds since 1970
	BytesColumn                    // []byte
)

// Columns returns columns by their names: "id n# at@ data%" is a text, a number, a time and
// bytes.
func Columns(names string) (all []Column) {
	for _, name := range strings.Fields(names) {
		c := Column{Name: name}
		if name, ok := strings.CutSuffix(name, "#"); ok {
			c = Column{name, NumberColumn}
		} else if name, ok := strings.CutSuffix(name, "@"); ok {
			c = Column{name, TimeColumn}
		} else if name, ok := strings.CutSuffix(name, "%"); ok {
			c = Column{name, BytesColumn}
		}
		all = append(all, c)
	}
	return all
}

// Names returns the names of columns, with commas between.
func Names(columns []Column) string {
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

// Text returns the expression of a value as text, empty for NULL.
func Text(expression string) string { return "coalesce(CAST(" + expression + " AS text), '')" }

// Equals returns the condition that an expression is parameter n.
func Equals(expression string, n int) string { return fmt.Sprintf("%s = $%d", expression, n) }
