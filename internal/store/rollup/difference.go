// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Difference is a row of a roll-up that differs from a fresh count of the objects.
type Difference struct {
	Table string
	Key   string // identifies the row, and says what it is about
	Is    string // values in the table, "" if the row is missing
	Due   string // values that were counted, "" if there should be no row
}

// String returns the difference as a line.
func (d Difference) String() string {
	is, due := d.Is, "should be "+d.Due
	if is == "" {
		is = "missing"
	}
	if d.Due == "" {
		due = "should not be there"
	}
	return fmt.Sprintf("%s: %s: %s, %s", d.Table, d.Key, is, due)
}

// recount is the comparison of rows of a table with a fresh count of the objects.
type recount interface {
	differences() []Difference
	// replace replaces the rows that differ by the counted rows.
	replace(ctx context.Context, tx transaction) error
}

// comparison has rows of a table as they are, and as they should be.
type comparison[R comparable] struct {
	table   *table[R]
	is, due []R
}

// each calls f for each row that differs; nil stands for a row that is missing, or
// that should not be there.
func (c comparison[R]) each(f func(is, due *R)) {
	c.table.sort(c.is)
	c.table.sort(c.due)
	is, due := c.is, c.due
	for len(is) > 0 || len(due) > 0 {
		var order int
		switch {
		case len(is) == 0:
			order = +1
		case len(due) == 0:
			order = -1
		default:
			order = c.table.compare(is[0], due[0])
		}
		switch {
		case order < 0:
			f(&is[0], nil)
			is = is[1:]
		case order > 0:
			f(nil, &due[0])
			due = due[1:]
		default:
			if is[0] != due[0] {
				f(&is[0], &due[0])
			}
			is, due = is[1:], due[1:]
		}
	}
}

func (c comparison[R]) replace(ctx context.Context, tx transaction) error {
	var put, gone []R
	c.each(func(is, due *R) {
		if due == nil {
			gone = append(gone, *is)
		} else {
			put = append(put, *due)
		}
	})
	if err := c.table.put(ctx, tx, put); err != nil {
		return err
	}
	return c.table.remove(ctx, tx, gone, "")
}

func (c comparison[R]) differences() (all []Difference) {
	c.each(func(is, due *R) {
		d := Difference{Table: c.table.name}
		if is == nil {
			l := c.table.layout(due)
			d.Key, d.Due = describe(l.name()), describe(l.values)
		} else if due == nil {
			l := c.table.layout(is)
			d.Key, d.Is = describe(l.name()), describe(l.values)
		} else {
			was, now := c.table.layout(is), c.table.layout(due)
			d.Key, d.Is, d.Due = describe(was.name()), describe(was.values), describe(now.values)
			if d.Is == d.Due { // the values that the hash is of differ
				d.Is, d.Due = describe(was.columns()), describe(now.columns())
			}
		}
		all = append(all, d)
	})
	return all
}

// name returns the columns that identify a row for people: the key, and the values that
// the key is a hash of.
func (l layout) name() []column { return slices.Concat(l.key, l.about) }

// describe returns the values of columns for people. It leaves out hashes and empty
// texts.
func describe(columns []column) string {
	var parts []string
	for _, c := range columns {
		value := c.String()
		if value == "" {
			continue
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r == ' ' || r == '"' || !strconv.IsPrint(r) }) {
			value = strconv.Quote(value)
		}
		parts = append(parts, c.name+"="+value)
	}
	return strings.Join(parts, " ")
}

// String returns the value of a column for people.
func (c column) String() string {
	switch {
	case c.text != nil:
		return *c.text
	case c.unit == hashNumber:
		return ""
	case c.unit == dayNumber && *c.number >= 0:
		return time.Unix(*c.number*24*3600, 0).UTC().Format(time.DateOnly)
	case c.unit == momentNumber && *c.number > 0:
		return time.UnixMicro(*c.number).UTC().Format(time.RFC3339Nano)
	}
	return strconv.FormatInt(*c.number, 10)
}
