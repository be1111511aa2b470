// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// TestFields holds the places of a property in this package together: its field, its
// line in VisitFields, and its line among the properties that are decoded.
func TestFields(t *testing.T) {
	checkFields(t, "checkoutProperties", checkoutProperties)
	checkFields(t, "buildProperties", buildProperties)
	checkFields(t, "testProperties", testProperties)
	checkFields(t, "issueProperties", issueProperties)
	checkFields(t, "incidentProperties", incidentProperties)
	checkFields(t, "environmentProperties", environmentProperties)
	checkFields(t, "numberProperties", numberProperties)
	checkFields(t, "culpritProperties", culpritProperties)
}

func checkFields[T any, P interface {
	*T
	Object
}](t *testing.T, list string, properties []property[T]) {
	object := new(T)
	visited := visitedFields{}
	P(object).VisitFields(visited)

	fields := reflect.ValueOf(object).Elem()
	typ := fields.Type()
	for i := range fields.NumField() {
		if _, ok := visited[fields.Field(i).Addr().Interface()]; !ok {
			t.Errorf("report.%s has the field %s, and its VisitFields in objects.go has no line for it", typ.Name(), typ.Field(i).Name)
		}
	}
	decoded := newShape(0, Latest(), properties, nil).index
	for _, name := range visited {
		if _, ok := decoded[name]; !ok {
			t.Errorf("VisitFields of report.%s has %q, and %s in properties.go has no line that decodes it", typ.Name(), name, list)
		}
		delete(decoded, name)
	}
	for name := range decoded {
		t.Errorf("%s in properties.go has %q, and VisitFields of report.%s in objects.go has no line for it", list, name, typ.Name())
	}
}

// visitedFields has the names of fields that were visited, by their addresses.
type visitedFields map[any]string

func (v visitedFields) Timestamp(name string, field **time.Time)    { v[field] = name }
func (v visitedFields) Text(name string, field *string)             { v[field] = name }
func (v visitedFields) OptText(name string, field **string)         { v[field] = name }
func (v visitedFields) Version(name string, field *int)             { v[field] = name }
func (v visitedFields) Status(name string, field **Status)          { v[field] = name }
func (v visitedFields) OptBool(name string, field **bool)           { v[field] = name }
func (v visitedFields) OptFloat(name string, field **float64)       { v[field] = name }
func (v visitedFields) OptTime(name string, field **time.Time)      { v[field] = name }
func (v visitedFields) Texts(name string, field *[]string)          { v[field] = name }
func (v visitedFields) Resources(name string, field *[]Resource)    { v[field] = name }
func (v visitedFields) Misc(name string, field *json.RawMessage)    { v[field] = name }
func (v visitedFields) Environment(name string, part **Environment) { v[part] = name }
func (v visitedFields) Number(name string, part **Number)           { v[part] = name }
func (v visitedFields) Culprit(name string, part **Culprit)         { v[part] = name }
func (v visitedFields) Float(name string, field *float64)           { v[field] = name }
func (v visitedFields) Prefix(name string, field **Prefix)          { v[field] = name }
