// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"reflect"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
)

// registry has the types of all expressions.
var registry = sync.OnceValue(func() *types.Registry {
	r, err := types.NewRegistry()
	if err != nil {
		panic(err)
	}
	return r
})

// provider adds the kinds to the types of expressions.
type provider struct{ types.Provider }

func (p provider) FindStructType(name string) (*types.Type, bool) {
	if k := kindNamed(name); k != nil {
		return types.NewTypeTypeWithParam(k.typ), true
	}
	return p.Provider.FindStructType(name)
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	k := kindNamed(name)
	if k == nil {
		return p.Provider.FindStructFieldNames(name)
	}
	names := make([]string, len(k.fields))
	for i, f := range k.fields {
		names[i] = f.name
	}
	return names, true
}

func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if k := kindNamed(name); k != nil {
		f, ok := k.byName[field]
		return f, ok
	}
	return p.Provider.FindStructFieldType(name, field)
}

func kindNamed(name string) *kind {
	for _, k := range allKinds {
		if k.typ.TypeName() == name {
			return k
		}
	}
	return nil
}

// adapter turns the results of getters into values.
type adapter struct{}

func (adapter) NativeToValue(v any) ref.Val {
	if v, ok := v.(ref.Val); ok {
		return v
	}
	if t := typeOf(v); t != nil {
		return graphValue{t, v}
	}
	return registry().NativeToValue(v)
}

// typeOf returns the type of an object of a graph, or nil for other values.
func typeOf(v any) *cel.Type {
	switch v.(type) {
	case *graph.Revision:
		return revisionType
	case *graph.Checkout:
		return checkoutType
	case *graph.Build:
		return buildType
	case *graph.Test:
		return testType
	case *graph.Issue:
		return issueType
	case *graph.IssueVersion:
		return versionType
	case *graph.Incident:
		return incidentType
	case *graph.Repository:
		return repositoryType
	case *graph.Builds:
		return buildsType
	case *graph.Tests:
		return testsType
	case *graph.Seen:
		return seenType
	case *counts:
		return countsType
	}
	return nil
}

// counts are summary.Counts with an identity, which a map lacks.
type counts struct{ summary.Counts }

// graphValue is an object of a graph as a value in an expression.
type graphValue struct {
	typ    *cel.Type
	object any // a pointer
}

func (t graphValue) ConvertToNative(to reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s is not %s", t.typ, to)
}

func (t graphValue) ConvertToType(to ref.Type) ref.Val {
	if to == types.TypeType {
		return t.typ
	}
	return types.NewErr("%s is not %s", t.typ, to.TypeName())
}

// Equal reports whether both are the same object of the database.
func (t graphValue) Equal(other ref.Val) ref.Val {
	o, ok := other.(graphValue)
	return types.Bool(ok && t.object == o.object)
}

func (t graphValue) Type() ref.Type { return t.typ }
func (t graphValue) Value() any     { return t.object }

// under declares the function that counts tests by path.
var under = cel.Function("under", cel.MemberOverload("tests_under_string",
	[]*cel.Type{testsType, cel.StringType}, countsType,
	cel.BinaryBinding(func(of, glob ref.Val) ref.Val {
		tests, ok := of.Value().(*graph.Tests)
		if !ok {
			return types.NewErr("no tests")
		}
		found, err := tests.Under(string(glob.(types.String)))
		if err != nil {
			return types.WrapErr(err)
		}
		return graphValue{countsType, &counts{found}}
	}),
))
