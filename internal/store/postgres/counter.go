// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// countedTest has the values that a test is counted by, as its row has them.
type countedTest struct {
	rollup.Test
	compatible, environment hash // names of contents, zero for none
	misc                    []byte
}

// Columns of tests that say how a test is counted.
var (
	testOrigin      = tables[testsTable].Index("origin")
	testBuild       = tables[testsTable].Index("build_id")
	testCompatible  = tables[testsTable].Index("environment_compatible")
	testEnvironment = tables[testsTable].Index("environment_misc")
	testPath        = tables[testsTable].Index("path")
	testStatus      = tables[testsTable].Index("status")
	testStart       = tables[testsTable].Index("start_time")
	testMisc        = tables[testsTable].Index("misc")
)

// countedRow returns the values of a test from a row that was sent to the server.
func countedRow(r row) countedTest {
	t := countedTest{Test: rollup.Test{ID: r.key.ID}}
	for column, rest := 0, r.data[countSize:]; len(rest) > 0; column++ {
		var value []byte
		value, rest = cutValue(rest)
		if value = value[lengthSize:]; len(value) == 0 {
			continue
		}
		switch column {
		case testOrigin:
			t.Origin = string(value)
		case testBuild:
			t.BuildID = string(value)
		case testCompatible:
			t.compatible = hash(value)
		case testEnvironment:
			t.environment = hash(value)
		case testPath:
			t.Path = string(value)
		case testStatus:
			t.Status = report.Status(value)
		case testStart:
			t.Start = int64(binary.BigEndian.Uint64(value)) + epoch
		case testMisc:
			t.misc = value
		}
	}
	return t
}

// countedSQL returns the expression of the values of a test, from the table with an alias,
// as a JSON list of texts for readCounted.
func countedSQL(alias string) string {
	text := func(column string) string { return sqldb.Text(alias + "." + column) }
	return `json_build_array(
		` + text("origin") + `, ` + text("build_id") + `, ` + text("path") + `, ` + text("status") + `, ` + text("misc") + `,
		(` + dialect{}.Micros(alias+".start_time") + `)::text, ` + text("environment_compatible") + `, ` + text("environment_misc") + `
	)::text`
}

// readCounted returns the values of a test from a list that countedSQL made.
func readCounted(id, list string) (t countedTest, err error) {
	texts, err := columns.ReadList[string]([]byte(list))
	if err != nil {
		return t, err
	}
	var misc, start, compatible, environment string
	into := []*string{&t.Origin, &t.BuildID, &t.Path, (*string)(&t.Status), &misc, &start, &compatible, &environment}
	if len(texts) != len(into) {
		return t, fmt.Errorf("%d values of a test, want %d", len(texts), len(into))
	}
	for i, text := range texts {
		*into[i] = text
	}
	t.ID, t.misc = id, []byte(misc)
	if t.Start, err = strconv.ParseInt(start, 10, 64); err != nil {
		return t, err
	}
	if t.compatible, err = readHash(compatible); err != nil {
		return t, err
	}
	t.environment, err = readHash(environment)
	return t, err
}

// readHash returns a hash from the text that the server has for it, the zero hash for "".
func readHash(text string) (h hash, err error) {
	_, err = hex.Decode(h[:], []byte(strings.ReplaceAll(text, "-", "")))
	return h, err
}

// String returns the hash as the server writes it: as a UUID.
func (h hash) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:])
}

// changedTest is an existing test that changed.
type changedTest struct{ was, now countedTest }

// readChanged returns the values of a test before and after a change.
func readChanged(id, was, now string) (c changedTest, err error) {
	if c.was, err = readCounted(id, was); err == nil {
		c.now, err = readCounted(id, now)
	}
	return c, err
}

// count updates the roll-ups for the objects that were merged. New tests are counted by
// the rows that were sent, and existing tests by the values that the server returned.
func (l *loader) count(ctx context.Context, tx sqldb.Tx) error {
	c := counter{texts: l.environments}
	for _, change := range l.changes.Objects {
		if change.Created {
			c.Objects(string(change.List), 1)
		}
		switch {
		case change.List != store.Tests:
			c.object(change.List, change.Key.ID)
		case change.Created:
			tests := l.rows[testsTable]
			i, _ := slices.BinarySearchFunc(tests, change.Key.ID, func(r row, id string) int { return strings.Compare(r.key.ID, id) })
			t := countedRow(tests[i])
			c.test(nil, &t)
		}
	}
	err := c.readContents(ctx, tx, func(yield func(*countedTest) bool) {
		for i := range l.changed {
			if !yield(&l.changed[i].was) || !yield(&l.changed[i].now) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	for i := range l.changed {
		c.test(&l.changed[i].was, &l.changed[i].now)
	}
	for _, id := range l.touched {
		c.Incident(id)
	}
	return c.Apply(ctx, tx, dialect{})
}

// removed updates the roll-ups for the deletion of tests, and for the changes noted.
func (c *counter) removed(ctx context.Context, tx sqldb.Tx, tests []countedTest) error {
	err := c.readContents(ctx, tx, func(yield func(*countedTest) bool) {
		for i := range tests {
			if !yield(&tests[i]) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	for i := range tests {
		c.test(&tests[i], nil)
	}
	return c.Apply(ctx, tx, dialect{})
}

// counter notes what a transaction changes, for the roll-ups.
type counter struct {
	rollup.Delta
	texts     map[hash]string // known contents
	platforms rollup.Platforms
}

// object notes that an object other than a test was created, changed or deleted.
func (c *counter) object(list store.List, id string) {
	switch list {
	case store.Checkouts:
		c.Checkout(id)
	case store.Builds:
		c.Build(id)
	case store.Incidents:
		c.Incident(id)
	}
}

// test notes that a test was changed, created (was is nil) or deleted (now is nil). The
// contents of both must be known.
func (c *counter) test(was, now *countedTest) { c.Test(c.complete(was), c.complete(now)) }

// complete returns a test with the values from its contents and its misc; nil for nil.
func (c *counter) complete(t *countedTest) *rollup.Test {
	if t == nil {
		return nil
	}
	t.Compatible = c.texts[t.compatible]
	t.SetMisc(t.misc, []byte(c.texts[t.environment]), &c.platforms)
	return &t.Test
}

// readContents reads the contents that tests refer to, unless they are known.
func (c *counter) readContents(ctx context.Context, tx sqldb.Tx, tests iter.Seq[*countedTest]) error {
	missing := make(map[string]hash)
	for t := range tests {
		for _, h := range []hash{t.compatible, t.environment} {
			if _, ok := c.texts[h]; !ok && h != (hash{}) {
				missing[h.String()] = h
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	names := slices.Collect(maps.Keys(missing))
	found, err := dialect{}.Contents(ctx, tx, names)
	if err != nil {
		return err
	}
	if c.texts == nil {
		c.texts = make(map[hash]string)
	}
	for name, text := range found {
		c.texts[missing[name]] = text
	}
	return nil
}
