// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/report"
)

// order compares values of an object that have the same time. All drivers have the same
// order; it is the order that PostgreSQL computes fastest.
type order struct {
	table    *table
	contents func(id any) (string, error) // returns the content that a value refers to
}

// isGreater reports whether the second of two different values of a unit is greater. The
// first column in which the values differ decides. An absent value is less than any
// other value.
func (o order) isGreater(unit int, first, second []any) (bool, error) {
	for i, a := range first {
		b := second[i]
		if a == b {
			continue
		}
		if a == nil || b == nil {
			return a == nil, nil
		}
		c, err := o.compare(o.table.Units[unit].From+i, a, b)
		return c < 0, err
	}
	return false, nil
}

// compare compares values of a column.
func (o order) compare(column int, a, b any) (int, error) {
	if o.table.isContent(column) {
		return o.compareContents(column, a, b)
	}
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b), nil
		}
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b), nil
		}
	case string:
		if b, ok := b.(string); ok {
			return o.compareTexts(column, a, b)
		}
	}
	return 0, fmt.Errorf("%w: %T and %T in the column %s", store.ErrCorrupt, a, b, o.table.Columns[column])
}

// compareContents compares contents. It compares contents of tests by their hashes,
// because PostgreSQL has only these.
func (o order) compareContents(column int, a, b any) (int, error) {
	first, err := o.contents(a)
	if err != nil {
		return 0, err
	}
	second, err := o.contents(b)
	if err != nil {
		return 0, err
	}
	if o.table.List == store.Tests {
		a, b := sha256.Sum256([]byte(first)), sha256.Sum256([]byte(second))
		return bytes.Compare(a[:16], b[:16]), nil
	}
	return o.compareTexts(column, first, second)
}

// compareTexts compares texts by bytes. It compares lists of files, and the free objects
// of other objects than tests, in PostgreSQL's form of jsonb.
func (o order) compareTexts(column int, a, b string) (int, error) {
	switch o.table.Kinds[column] {
	case columns.Misc:
		if o.table.List != store.Tests {
			return strings.Compare(jsonbForm(a), jsonbForm(b)), nil
		}
	case columns.Resources:
		first, err := jsonb(a)
		if err != nil {
			return 0, err
		}
		second, err := jsonb(b)
		return strings.Compare(first, second), err
	}
	return strings.Compare(a, b), nil
}

// jsonb returns a list of files as PostgreSQL writes it.
func jsonb(text string) (string, error) {
	files, err := sqldb.ReadList[report.Resource]([]byte(text))
	if err != nil {
		return "", fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	b := []byte("[")
	for i := range files {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, `{"url": `...)
		b, _ = jsontext.AppendQuote(b, files[i].URL)
		b = append(b, `, "name": `...)
		b, _ = jsontext.AppendQuote(b, files[i].Name)
		b = append(b, '}')
	}
	return string(append(b, ']')), nil
}
