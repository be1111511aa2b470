// SPDX-License-Identifier: Apache-2.0

package firestoretest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type (
	query     = firestorepb.StructuredQuery
	condition = firestorepb.StructuredQuery_FieldFilter
)

const (
	nameField = "__name__"
	ascending = firestorepb.StructuredQuery_ASCENDING
)

// plan is a query as this server runs it.
type plan struct {
	path       string // of the collection
	collection string // last part of the path
	conditions []*condition
	orders     []order // the last is by name
	start      *firestorepb.Cursor
}

type order struct {
	field string
	down  bool
}

// planOf reads a query.
func planOf(parent string, q *query) (*plan, error) {
	if q == nil || len(q.From) != 1 || q.From[0].AllDescendants || q.EndAt != nil || q.Offset != 0 || q.FindNearest != nil || q.Select != nil {
		return nil, lacks("such a query")
	}
	p := &plan{collection: q.From[0].CollectionId, start: q.StartAt}
	p.path = parent + "/" + p.collection
	if err := p.addFilter(q.Where); err != nil {
		return nil, err
	}
	for _, o := range q.OrderBy {
		p.orders = append(p.orders, order{o.Field.FieldPath, o.Direction != ascending})
	}
	p.completeOrders()
	return p, nil
}

func lacks(what string) error {
	return status.Error(codes.Unimplemented, "this server has not "+what)
}

func (p *plan) addFilter(f *firestorepb.StructuredQuery_Filter) error {
	switch f := f.GetFilterType().(type) {
	case nil:
	case *firestorepb.StructuredQuery_Filter_FieldFilter:
		p.conditions = append(p.conditions, f.FieldFilter)
	case *firestorepb.StructuredQuery_Filter_CompositeFilter:
		if f.CompositeFilter.Op != firestorepb.StructuredQuery_CompositeFilter_AND {
			return lacks("or")
		}
		for _, part := range f.CompositeFilter.Filters {
			if err := p.addFilter(part); err != nil {
				return err
			}
		}
	default:
		return lacks(fmt.Sprintf("the filter %v", f))
	}
	return nil
}

// completeOrders adds the orders that a query implies: by the field of an inequality, and
// by the name.
func (p *plan) completeOrders() {
	down := len(p.orders) > 0 && p.orders[len(p.orders)-1].down
	for _, c := range p.conditions {
		if isInequality(c) && !slices.ContainsFunc(p.orders, func(o order) bool { return o.field == c.Field.FieldPath }) {
			p.orders = append(p.orders, order{c.Field.FieldPath, down})
		}
	}
	if !slices.ContainsFunc(p.orders, func(o order) bool { return o.field == nameField }) {
		p.orders = append(p.orders, order{nameField, down})
	}
}

func isInequality(c *condition) bool {
	switch c.Op {
	case firestorepb.StructuredQuery_FieldFilter_LESS_THAN, firestorepb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL,
		firestorepb.StructuredQuery_FieldFilter_GREATER_THAN, firestorepb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL:
		return true
	}
	return false
}

// matches reports whether the query returns a document, apart from its limit.
func (p *plan) matches(d *firestorepb.Document) bool {
	for _, c := range p.conditions {
		if !holds(c, valueOf(d, c.Field.FieldPath)) {
			return false
		}
	}
	for _, o := range p.orders {
		if valueOf(d, o.field) == nil {
			return false // an index leaves out documents without the field
		}
	}
	return p.start == nil || p.afterStart(d)
}

// afterStart reports whether a document is not before the start of the query.
func (p *plan) afterStart(d *firestorepb.Document) bool {
	for i, start := range p.start.Values {
		if c := p.orders[i].compare(valueOf(d, p.orders[i].field), start); c != 0 {
			return c > 0
		}
	}
	return p.start.Before
}

// compare compares documents in the order of the query.
func (p *plan) compare(a, b *firestorepb.Document) int {
	for _, o := range p.orders {
		if c := o.compare(valueOf(a, o.field), valueOf(b, o.field)); c != 0 {
			return c
		}
	}
	return 0
}

func (o order) compare(a, b *firestorepb.Value) int {
	c, _ := compareValues(a, b)
	if o.down {
		return -c
	}
	return c
}

// valueOf returns the value of a field, nil if the document does not have the field.
func valueOf(d *firestorepb.Document, field string) *firestorepb.Value {
	if field == nameField {
		return &firestorepb.Value{ValueType: &firestorepb.Value_ReferenceValue{ReferenceValue: d.Name}}
	}
	return d.Fields[field]
}

// holds reports whether a condition holds for a value.
func holds(c *condition, value *firestorepb.Value) bool {
	if value == nil {
		return false
	}
	switch c.Op {
	case firestorepb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
		return contains(value.GetArrayValue(), c.Value)
	case firestorepb.StructuredQuery_FieldFilter_IN:
		return contains(c.Value.GetArrayValue(), value)
	}
	way, same := compareValues(value, c.Value)
	if !same {
		return false
	}
	switch c.Op {
	case firestorepb.StructuredQuery_FieldFilter_EQUAL:
		return way == 0
	case firestorepb.StructuredQuery_FieldFilter_LESS_THAN:
		return way < 0
	case firestorepb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL:
		return way <= 0
	case firestorepb.StructuredQuery_FieldFilter_GREATER_THAN:
		return way > 0
	case firestorepb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL:
		return way >= 0
	}
	return false
}

func contains(array *firestorepb.ArrayValue, value *firestorepb.Value) bool {
	return slices.ContainsFunc(array.GetValues(), func(v *firestorepb.Value) bool {
		way, same := compareValues(v, value)
		return same && way == 0
	})
}

// compareValues compares values, and reports whether they are of the same type.
func compareValues(a, b *firestorepb.Value) (way int, same bool) {
	switch a := a.GetValueType().(type) {
	case *firestorepb.Value_StringValue:
		if b, ok := b.GetValueType().(*firestorepb.Value_StringValue); ok {
			return bytes.Compare([]byte(a.StringValue), []byte(b.StringValue)), true
		}
	case *firestorepb.Value_ReferenceValue:
		if b, ok := b.GetValueType().(*firestorepb.Value_ReferenceValue); ok {
			return strings.Compare(a.ReferenceValue, b.ReferenceValue), true
		}
	case *firestorepb.Value_IntegerValue:
		if b, ok := b.GetValueType().(*firestorepb.Value_IntegerValue); ok {
			return cmp.Compare(a.IntegerValue, b.IntegerValue), true
		}
	case *firestorepb.Value_TimestampValue:
		if b, ok := b.GetValueType().(*firestorepb.Value_TimestampValue); ok {
			return a.TimestampValue.AsTime().Compare(b.TimestampValue.AsTime()), true
		}
	}
	return 0, false
}
