// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// counter collects the changes of a transaction for the roll-ups.
type counter struct {
	rollup.Delta
	tx        *sql.Tx
	texts     map[int64]string // contents by their IDs
	platforms rollup.Platforms
}

// Columns of tests that say how a test is counted.
var (
	tests           = tableOf(store.Tests)
	testID          = tests.Index("id")
	testOrigin      = tests.Index("origin")
	testBuild       = tests.Index("build_id")
	testCompatible  = tests.Index("environment_compatible")
	testEnvironment = tests.Index("environment_misc")
	testPath        = tests.Index("path")
	testStatus      = tests.Index("status")
	testStart       = tests.Index("start_time")
	testMisc        = tests.Index("misc")
)

// changed notes that a row was changed, inserted if was is nil, or deleted if now is
// nil.
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
		c.Checkout(row[idColumn].(string))
	case store.Builds:
		c.Build(row[idColumn].(string))
	case store.Incidents:
		c.Incident(row[idColumn].(string))
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

// noteTouched notes that only the timestamp of a row changed.
func (c *counter) noteTouched(t *table, row []any) {
	if t.List == store.Incidents { // incidents are counted by the day they arrived
		c.Incident(row[idColumn].(string))
	}
}

// keepTexts keeps the texts of contents that tests are counted by. texts are the contents of
// a row, and the row has the references to them.
func (c *counter) keepTexts(texts [2]any, row []any) {
	for i, column := range [...]int{testCompatible, testEnvironment} {
		if text, ok := texts[i].(string); ok {
			if c.texts == nil {
				c.texts = make(map[int64]string)
			}
			c.texts[row[column].(int64)] = text
		}
	}
}

// text returns the content that a value refers to, "" for NULL.
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

// test returns the test in a row with all columns; nil for no row.
func (c *counter) test(row []any) (*rollup.Test, error) {
	if row == nil {
		return nil, nil
	}
	text := func(column int) string { s, _ := row[column].(string); return s }
	t := &rollup.Test{
		ID: text(testID), Origin: text(testOrigin), BuildID: text(testBuild), Path: text(testPath), Status: report.Status(text(testStatus)),
	}
	t.Start, _ = row[testStart].(int64)
	var err error
	if t.Compatible, err = c.text(row[testCompatible]); err != nil {
		return nil, err
	}
	environment, err := c.text(row[testEnvironment])
	if err != nil {
		return nil, err
	}
	t.SetMisc([]byte(text(testMisc)), []byte(environment), &c.platforms)
	return t, nil
}

// apply updates the roll-ups for the changes.
func (c *counter) apply(ctx context.Context) error {
	return c.Apply(ctx, sqlTx{c.tx}, dialect{})
}
