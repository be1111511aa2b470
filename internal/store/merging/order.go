// SPDX-License-Identifier: Apache-2.0

package merging

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// Order compares values of an object that have the same time. All drivers have the same
// order; it is the order that PostgreSQL computes fastest.
type Order struct {
	Table *columns.Table
	// Content returns the text that a value of a column refers to, or the value itself if
	// it refers to none. Nil if rows have all texts themselves.
	Content func(column int, value any) (any, error)
}

// Hashed are the columns of tests whose values are compared by their hashes, because
// PostgreSQL keeps each value once for many tests and has only the hashes at hand.
var Hashed = []string{"environment_compatible", "environment_misc", "log_url", "log_excerpt", "input_files", "output_files"}

// IsGreater reports whether the second of two different values of a unit is greater. The
// first column in which the values differ decides. An absent value is less than any
// other value.
func (o Order) IsGreater(unit int, first, second []any) (bool, error) {
	for i, a := range first {
		b := second[i]
		if a == b {
			continue
		}
		if a == nil || b == nil {
			return a == nil, nil
		}
		c, err := o.compare(o.Table.Units[unit].From+i, a, b)
		return c < 0, err
	}
	return false, nil
}

// compare compares values of a column.
func (o Order) compare(column int, a, b any) (c int, err error) {
	if o.Content != nil {
		if a, err = o.Content(column, a); err != nil {
			return 0, err
		}
		if b, err = o.Content(column, b); err != nil {
			return 0, err
		}
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
	return 0, fmt.Errorf("%w: %T and %T in the column %s", store.ErrCorrupt, a, b, o.Table.Columns[column])
}

// compareTexts compares texts by bytes or by hashes. It compares lists of files, and the
// free objects of other objects than tests, in PostgreSQL's form of jsonb.
func (o Order) compareTexts(column int, a, b string) (int, error) {
	if o.Table.List == store.Tests && slices.Contains(Hashed, o.Table.Columns[column]) {
		a, b := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
		return bytes.Compare(a[:16], b[:16]), nil
	}
	switch o.Table.Kinds[column] {
	case columns.Misc:
		if o.Table.List != store.Tests {
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
	files, err := columns.ReadList[report.Resource]([]byte(text))
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
