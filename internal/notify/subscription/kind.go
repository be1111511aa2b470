// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/kcidb-go/kcidb/internal/graph"
)

// kind is a type of values in expressions, with its fields.
type kind struct {
	typ    *cel.Type
	doc    string
	fields []field
	byName map[string]*types.FieldType
}

// field is a field of a kind.
type field struct {
	name string
	typ  *cel.Type
	doc  string
	get  func(any) (any, error) // returns a CEL value, or an object of a graph
	has  func(any) bool         // nil: the value is not zero
}

// newKind returns a kind with its fields.
func newKind(typ *cel.Type, doc string, fields ...field) *kind {
	k := &kind{typ: typ, doc: doc, fields: fields, byName: map[string]*types.FieldType{}}
	for _, f := range fields {
		has := f.has
		if has == nil {
			has = func(v any) bool {
				found, err := f.get(v)
				return err != nil || isPresent(found) // reading the field returns the error
			}
		}
		k.byName[f.name] = &types.FieldType{Type: f.typ, IsSet: has, GetFrom: f.get}
	}
	return k
}

// fieldOf returns a field of values that have the type T in Go.
func fieldOf[T any](name string, typ *cel.Type, doc string, get func(T) (any, error)) field {
	return field{name: name, typ: typ, doc: doc, get: func(v any) (any, error) {
		of, ok := v.(T)
		if !ok {
			return nil, fmt.Errorf("%s: %T has no such field", name, v)
		}
		return get(of)
	}}
}

// textField returns a field with a text. Each of the following functions returns a field
// of the type in its name. Those that can fail read the value from the database.
func textField[T any](name, doc string, get func(T) string) field {
	return fieldOf(name, cel.StringType, doc, func(v T) (any, error) { return types.String(get(v)), nil })
}

func textListField[T any](name, doc string, get func(T) ([]string, error)) field {
	return fieldOf(name, cel.ListType(cel.StringType), doc, func(v T) (any, error) {
		found, err := get(v)
		return types.NewStringList(adapter{}, found), err
	})
}

func readTextField[T any](name, doc string, get func(T) (string, error)) field {
	return fieldOf(name, cel.StringType, doc, func(v T) (any, error) {
		found, err := get(v)
		return types.String(found), err
	})
}

func numberField[T any](name, doc string, get func(T) int64) field {
	return fieldOf(name, cel.IntType, doc, func(v T) (any, error) { return types.Int(get(v)), nil })
}

func timeField[T any](name, doc string, get func(T) time.Time) field {
	return fieldOf(name, cel.TimestampType, doc, func(v T) (any, error) { return types.Timestamp{Time: get(v)}, nil })
}

func durationField[T any](name, doc string, get func(T) time.Duration) field {
	return fieldOf(name, cel.DurationType, doc, func(v T) (any, error) { return types.Duration{Duration: get(v)}, nil })
}

func mapField[T any](name, doc string, get func(T) map[string]any) field {
	return fieldOf(name, cel.MapType(cel.StringType, cel.DynType), doc, func(v T) (any, error) {
		return types.NewStringInterfaceMap(adapter{}, get(v)), nil
	})
}

// listField returns a field with a list of objects.
func listField[T, E any](name string, typ *cel.Type, doc string, get func(T) ([]E, error)) field {
	return fieldOf(name, cel.ListType(typ), doc, func(v T) (any, error) {
		found, err := get(v)
		elements := make([]ref.Val, len(found))
		for i := range found {
			elements[i] = adapter{}.NativeToValue(found[i])
		}
		return types.NewRefValList(adapter{}, elements), err
	})
}

// isPresent reports whether a value is not empty.
func isPresent(v any) bool {
	switch v := v.(type) {
	case types.String:
		return v != ""
	case types.Int:
		return v != 0
	case types.Bool:
		return bool(v)
	case types.Duration:
		return v.Duration != 0
	case types.Timestamp:
		return !v.IsZero()
	case graph.Object:
		return v.Known()
	case *graph.Builds:
		return len(v.List) > 0
	case *graph.Tests:
		found, err := v.Counts()
		return err != nil || found.Total() > 0
	case *counts:
		return v.Total() > 0
	case traits.Sizer:
		return v.Size() != types.IntZero
	}
	return true
}

// Field describes a field for people.
type Field struct {
	Of   string // type that has the field: "kcidb.Test"; "" for a variable
	Name string // a function has its arguments: "under(glob)"
	Type string // "string", "list(kcidb.Build)"
	Doc  string
}

// Fields lists the names that expressions know: first the variables, then the fields of
// each kind.
func Fields() []Field {
	all := []Field{
		{"", "object", "the type that the subscription is on", "the object"},
		{"", "created", "bool", "the object is new"},
		{"", "was", "string", `its status before the change, "" for none`},
		{"", "now", "string", `its status after the change`},
	}
	for _, k := range allKinds {
		for _, f := range k.fields {
			all = append(all, Field{k.typ.TypeName(), f.name, f.typ.String(), f.doc})
		}
		if k == testsKind {
			all = append(all, Field{k.typ.TypeName(), "under(glob)", countsKind.typ.String(), "counts of the tests whose path matches the glob"})
		}
	}
	return all
}

// fieldNames are the names of all fields, without duplicates.
var fieldNames = sync.OnceValue(func() []string {
	names := map[string]bool{}
	for _, k := range allKinds {
		for _, f := range k.fields {
			names[f.name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
})
