// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
)

// Compare compares two reports by their objects: it returns 0 if they are equal, and
// otherwise -1 or +1 by an order without a meaning, which never changes. It upgrades the
// older report to the version of the newer.
//
// The order of objects in the report's lists and the order of members do not matter. The
// order of all other lists does. An empty list differs from an absent list, and 1 differs
// from 1.0. The error is an *Error, as that of Upgrade.
func Compare(a, b *Document) (int, error) {
	v, ok := a.Version(latest)
	if !ok {
		return 0, a.unknownVersion(latest)
	}
	w, ok := b.Version(latest)
	if !ok {
		return 0, b.unknownVersion(latest)
	}
	if v.Compare(w) < 0 {
		v = w
	}
	var roots [2]*object
	for i, d := range []*Document{a, b} {
		u, err := d.upgraded(v)
		if err != nil {
			return 0, err
		}
		roots[i] = sortMembers(u.root).(*object)
		for _, m := range roots[i].members {
			if elements, ok := m.value.([]any); ok {
				slices.SortFunc(elements, compareValues)
			}
		}
	}
	return compareValues(roots[0], roots[1]), nil
}

// sortMembers returns a copy of a value with the members of all objects sorted by
// name.
func sortMembers(value any) any {
	switch value := value.(type) {
	case *object:
		members := make([]member, len(value.members))
		for i, m := range value.members {
			members[i] = member{m.name, sortMembers(m.value)}
		}
		slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
		return &object{members}
	case []any:
		elements := make([]any, len(value))
		for i, element := range value {
			elements[i] = sortMembers(element)
		}
		return elements
	}
	return value
}

// compareValues orders values with sorted members: by type first, then by
// value.
func compareValues(a, b any) int {
	if c := cmp.Compare(typeRank(a), typeRank(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case bool:
		return cmp.Compare(truth(a), truth(b.(bool)))
	case json.Number:
		if isFloat(a) {
			return cmp.Compare(toFloat(a), toFloat(b.(json.Number)))
		}
		return compareIntegers(a, b.(json.Number))
	case string:
		return cmp.Compare(a, b.(string))
	case []any:
		return slices.CompareFunc(a, b.([]any), compareValues)
	case *object:
		return slices.CompareFunc(a.members, b.(*object).members, func(a, b member) int {
			return cmp.Or(cmp.Compare(a.name, b.name), compareValues(a.value, b.value))
		})
	}
	return 0
}

func typeRank(value any) int {
	switch value := value.(type) {
	case nil:
		return 0
	case bool:
		return 1
	case json.Number:
		if isFloat(value) {
			return 3
		}
		return 2
	case string:
		return 4
	case []any:
		return 5
	case *object:
		return 6
	}
	panic(fmt.Sprintf("report: no JSON value: %T", value))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareIntegers(a, b json.Number) int {
	var x, y big.Int
	x.SetString(string(a), 10)
	y.SetString(string(b), 10)
	return x.Cmp(&y)
}
