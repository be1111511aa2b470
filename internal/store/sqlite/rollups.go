// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

var _ rollup.Keeper = (*Store)(nil)

// Rollups returns the database's roll-ups.
func (s *Store) Rollups() *rollup.DB { return rollup.New(s.SQL()) }

// counter notes for the roll-ups what a transaction changes.
type counter struct {
	rollup.Delta
	tx        *sql.Tx
	texts     map[int64]string // contents by their IDs
	platforms rollup.Platforms
}

// Columns of tests.
var (
	testCompatible = tables[2].Index("environment_compatible")
	testMisc       = tables[2].Index("environment_misc")
)

// changed notes that a row was changed, that it was made, where there was none
// before, or removed, where there is none now.
func (c *counter) changed(t *table, was, now []any) error {
	row := now
	switch {
	case was == nil:
		c.Objects(string(t.List), 1)
	case now == nil:
		c.Objects(string(t.List), -1)
		row = was
	}
	switch t.List {
	case store.Checkouts:
		c.Checkout(row[1].(string))
	case store.Builds:
		c.Build(row[1].(string))
	case store.Incidents:
		c.Incident(row[1].(string))
	case store.Tests:
		before, err := c.test(was)
		if err != nil {
			return err
		}
		after, err := c.test(now)
		if err != nil {
			return err
		}
		c.Test(before, after)
	}
	return nil
}

// touched notes that a row got another timestamp, and nothing else.
func (c *counter) touched(t *table, row []any) {
	if t.List == store.Incidents { // they are counted by when they arrived
		c.Incident(row[1].(string))
	}
}

// keep keeps the texts of contents that tests are counted by, of a row with the
// contents in place and of one with references to them.
func (c *counter) keep(texts [2]any, row []any) {
	for i, column := range [...]int{testCompatible, testMisc} {
		if text, ok := texts[i].(string); ok {
			if c.texts == nil {
				c.texts = make(map[int64]string)
			}
			c.texts[row[column].(int64)] = text
		}
	}
}

// text returns the content that a value refers to, "" for none.
func (c *counter) text(reference any) (string, error) {
	id, ok := reference.(int64)
	if !ok {
		return "", nil
	}
	text, ok := c.texts[id]
	if !ok {
		var data any
		err := c.tx.QueryRow("SELECT data FROM contents WHERE id = ?", id).Scan(&data)
		if err == nil {
			text, err = unpack(data)
		}
		if err != nil {
			return "", err
		}
		if c.texts == nil {
			c.texts = make(map[int64]string)
		}
		c.texts[id] = text
	}
	return text, nil
}

// test returns what is counted of a test's row, all columns of it; nil of none.
func (c *counter) test(row []any) (*rollup.Test, error) {
	if row == nil {
		return nil, nil
	}
	str := func(i int) string { s, _ := row[i].(string); return s }
	t := &rollup.Test{ID: str(1), Origin: str(2), BuildID: str(3), Path: str(7), Status: report.Status(str(11))}
	t.Start, _ = row[15].(int64)
	var err error
	if t.Compatible, err = c.text(row[testCompatible]); err != nil {
		return nil, err
	}
	environment, err := c.text(row[testMisc])
	if err != nil {
		return nil, err
	}
	if environment != "" {
		t.Platform = c.platforms.Of([]byte(environment))
	}
	t.SetMisc([]byte(str(19)))
	return t, nil
}

// apply brings the roll-ups after what was noted.
func (c *counter) apply(ctx context.Context) error {
	return c.Apply(ctx, sqlTx{c.tx}, dialect{})
}
