// SPDX-License-Identifier: Apache-2.0

// Package columns derives the tables of a database from the objects of a report.
//
// An object lists its properties in report.Object.VisitFields, and nowhere else.
// This package visits them once per type and returns which columns the table of
// the type has, which columns identify an object, and which ones are merged as one
// value (Units). A Reader sets the fields of an object to the values of a row. A
// driver brings a visitor that writes rows, because only the driver knows the form
// that its engine reads fastest, and says what is special about a column: that it
// refers to contents, or has a type of its own.
//
// The parts of an object lie flat in its row: the comment of an environment is the
// column environment_comment.
package columns

import (
	"encoding/json"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Kind is the kind of a column's values.
type Kind int

// The kinds of columns.
const (
	Text Kind = iota
	Version
	Status
	Prefix
	Bool
	Float
	Time
	Texts
	Resources
	Misc
)

// Unit is the columns from From up to but not including To, which are one property.
// Loading replaces the values of all of them or of none.
type Unit struct{ From, To int }

// collector is a visitor that adds the columns of an object to a table.
type collector struct {
	*Table
	prefix string // of the columns of a part; "" outside
}

// Names returns the names of the columns of an object.
func Names(o report.Object) []string {
	var t Table
	t.collect(o)
	return t.Columns
}

// collect sets the columns of the table, its key and its units to those of an object.
func (t *Table) collect(o report.Object) { o.VisitFields(&collector{Table: t}) }

func (c *collector) add(name string, kind Kind) {
	n, last := len(c.Columns), len(c.Units)-1
	c.Columns = append(c.Columns, c.prefix+name)
	c.Kinds = append(c.Kinds, kind)
	switch {
	case n == 0: // _timestamp
	case n == 1: // the ID
		c.Keys = 1
	case kind == Version && last < 0: // of the object itself
		c.Keys = 2
	case kind == Version, c.prefix != "": // one value with the ID before it, or with the part
		c.Units[last].To++
	default:
		c.Units = append(c.Units, Unit{n, n + 1})
	}
}

func (c *collector) addPart(name string, part report.Object) {
	n := len(c.Columns)
	c.Units = append(c.Units, Unit{n, n})
	c.prefix = name + "_"
	part.VisitFields(c)
	c.prefix = ""
}

func (c *collector) Timestamp(name string, _ **time.Time)            { c.add(name, Time) }
func (c *collector) Text(name string, _ *string)                     { c.add(name, Text) }
func (c *collector) OptText(name string, _ **string)                 { c.add(name, Text) }
func (c *collector) Version(name string, _ *int)                     { c.add(name, Version) }
func (c *collector) Status(name string, _ **report.Status)           { c.add(name, Status) }
func (c *collector) OptBool(name string, _ **bool)                   { c.add(name, Bool) }
func (c *collector) OptFloat(name string, _ **float64)               { c.add(name, Float) }
func (c *collector) OptTime(name string, _ **time.Time)              { c.add(name, Time) }
func (c *collector) Texts(name string, _ *[]string)                  { c.add(name, Texts) }
func (c *collector) Resources(name string, _ *[]report.Resource)     { c.add(name, Resources) }
func (c *collector) Misc(name string, _ *json.RawMessage)            { c.add(name, Misc) }
func (c *collector) Environment(name string, p **report.Environment) { c.addPart(name, *p) }
func (c *collector) Number(name string, p **report.Number)           { c.addPart(name, *p) }
func (c *collector) Culprit(name string, p **report.Culprit)         { c.addPart(name, *p) }
func (c *collector) Float(name string, _ *float64)                   { c.add(name, Float) }
func (c *collector) Prefix(name string, _ **report.Prefix)           { c.add(name, Prefix) }
