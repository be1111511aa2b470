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
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// countedTest has the values by which a test is counted, as they are in its row.
type countedTest struct {
	rollup.Test
	compatible, environment hash // contents, of zeros for none
	misc                    []byte
}

// Columns of tests.
var (
	testOrigin      = tables[2].Index("origin")
	testBuild       = tables[2].Index("build_id")
	testCompatible  = tables[2].Index("environment_compatible")
	testEnvironment = tables[2].Index("environment_misc")
	testPath        = tables[2].Index("path")
	testStatus      = tables[2].Index("status")
	testStart       = tables[2].Index("start_time")
	testMisc        = tables[2].Index("misc")
)

// countedRow returns how a test that was sent is counted.
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

// countedSQL returns the expression of the values by which a test is counted, as a JSON
// list of texts, by the alias of its table.
func countedSQL(of string) string {
	var texts []string
	for _, column := range []string{"origin", "build_id", "environment_compatible", "environment_misc", "path", "status"} {
		texts = append(texts, sqldb.Text(of+"."+column))
	}
	return "json_build_array(" + strings.Join(texts, ", ") + ", (" + dialect{}.Micros(of+".start_time") + ")::text, " + sqldb.Text(of+".misc") + ")::text"
}

// readCounted returns how a test is counted, from the text that countedSQL made.
func readCounted(id, told string) (t countedTest, err error) {
	texts, err := sqldb.ReadList[string]([]byte(told))
	if err != nil {
		return t, err
	}
	if len(texts) != 8 {
		return t, fmt.Errorf("%d values of a test, want 8", len(texts))
	}
	t.Test = rollup.Test{ID: id, Origin: texts[0], BuildID: texts[1], Path: texts[4], Status: report.Status(texts[5])}
	t.misc = []byte(texts[7])
	if t.Start, err = strconv.ParseInt(texts[6], 10, 64); err != nil {
		return t, err
	}
	if t.compatible, err = readHash(texts[2]); err != nil {
		return t, err
	}
	t.environment, err = readHash(texts[3])
	return t, err
}

// readHash returns the hash in a text of the server; "" is no hash.
func readHash(text string) (h hash, err error) {
	_, err = hex.Decode(h[:], []byte(strings.ReplaceAll(text, "-", "")))
	return h, err
}

// String returns the hash as the server writes it.
func (h hash) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:])
}

// changedTest is a test that existed before the load.
type changedTest struct{ was, now countedTest }

// readChanged returns how a test is counted, before and after.
func readChanged(id, was, now string) (c changedTest, err error) {
	if c.was, err = readCounted(id, was); err == nil {
		c.now, err = readCounted(id, now)
	}
	return c, err
}

// count updates the roll-ups after the merge. It counts new tests by the rows that were
// sent, and existing tests by the texts that the server returned.
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
			i, _ := slices.BinarySearchFunc(l.rows[2], change.Key.ID, func(r row, id string) int { return strings.Compare(r.key.ID, id) })
			t := countedRow(l.rows[2][i])
			c.test(nil, &t)
		}
	}
	err := c.learn(ctx, tx, func(yield func(*countedTest) bool) {
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

// removed updates the roll-ups after the removal of tests and of the objects noted
// before.
func (c *counter) removed(ctx context.Context, tx sqldb.Tx, tests []countedTest) error {
	err := c.learn(ctx, tx, func(yield func(*countedTest) bool) {
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

// counter collects the changes of a transaction for the roll-ups.
type counter struct {
	rollup.Delta
	texts     map[hash]string // contents that are known
	platforms rollup.Platforms
}

// object notes that an object other than a test was inserted, changed or deleted.
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

// test notes that a test was changed, inserted if was is nil, or deleted if now is nil.
func (c *counter) test(was, now *countedTest) { c.Test(c.complete(was), c.complete(now)) }

// complete returns how a test is counted. Its contents must be known.
func (c *counter) complete(t *countedTest) *rollup.Test {
	if t == nil {
		return nil
	}
	t.Compatible = c.texts[t.compatible]
	t.SetMisc(t.misc, []byte(c.texts[t.environment]), &c.platforms)
	return &t.Test
}

// learn reads the contents that tests refer to, unless they are known.
func (c *counter) learn(ctx context.Context, tx sqldb.Tx, tests iter.Seq[*countedTest]) error {
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
