// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"
	"time"
)

// fields are the fields of an object by name. Members of environments, numbers
// and culprits are fields of their own, because databases merge each of them
// separately. An empty environment, number or culprit counts as absent.
type fields map[string]json.RawMessage

const timestampField = "_timestamp"

// nested are the fields that consist of fields.
var nested = []string{"environment", "number", "culprit"}

func fieldsOf(text []byte) (fields, error) {
	var f fields
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, err
	}
	for _, name := range nested {
		value, ok := f[name]
		if !ok {
			continue
		}
		var parts fields
		if err := json.Unmarshal(value, &parts); err != nil {
			return nil, err
		}
		delete(f, name)
		for part, value := range parts {
			f[name+"."+part] = value
		}
	}
	return f, nil
}

// merge returns the object that a database makes of an object and of a later
// occurrence: each field has its value in the newer object, or, if that lacks
// the field, in the older object. An object without a time gets the time at
// which it is loaded.
func merge(first, next fields) (fields, error) {
	newer, err := isNewer(first, next)
	if err != nil {
		return nil, err
	}
	if newer {
		first, next = next, first
	}
	time, known := next[timestampField]
	merged := maps.Clone(first)
	maps.Copy(merged, next)
	if delete(merged, timestampField); known {
		merged[timestampField] = time
	}
	return merged, nil
}

// isNewer reports whether first is newer than next, which comes later in the
// stream. An object without a time is loaded now, so it is newer than an object
// with a time.
func isNewer(first, next fields) (bool, error) {
	if next[timestampField] == nil {
		return false, nil
	}
	if first[timestampField] == nil {
		return true, nil
	}
	var a, b time.Time
	if err := json.Unmarshal(first[timestampField], &a); err != nil {
		return false, err
	}
	if err := json.Unmarshal(next[timestampField], &b); err != nil {
		return false, err
	}
	return a.After(b), nil
}

// unequal returns the fields that differ. If only B has a time, that is the
// time at which A was loaded, and no difference.
func unequal(a, b fields) ([]Field, error) {
	if a[timestampField] == nil {
		delete(b, timestampField)
	}
	return unequalMembers(nil, "", a, b)
}

// unequalMembers appends the members that differ between two objects, with a
// prefix to their names. It descends into members that are objects.
func unequalMembers(all []Field, prefix string, a, b fields) ([]Field, error) {
	names := slices.Collect(maps.Keys(a))
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		x, y := a[name], b[name]
		same, err := equal(x, y)
		if err != nil {
			return nil, err
		}
		switch {
		case same:
		case isObject(x) && isObject(y):
			var inA, inB fields
			if err := errors.Join(json.Unmarshal(x, &inA), json.Unmarshal(y, &inB)); err != nil {
				return nil, err
			}
			if all, err = unequalMembers(all, prefix+name+".", inA, inB); err != nil {
				return nil, err
			}
		default:
			all = append(all, Field{prefix + name, x, y})
		}
	}
	return all, nil
}

func isObject(value json.RawMessage) bool { return len(value) > 0 && value[0] == '{' }

// equal reports whether two texts are the same JSON value.
func equal(a, b json.RawMessage) (bool, error) {
	if a == nil || b == nil {
		return a == nil && b == nil, nil
	}
	if bytes.Equal(a, b) {
		return true, nil
	}
	x, err := parse(a)
	if err != nil {
		return false, err
	}
	y, err := parse(b)
	return err == nil && equalValues(x, y), err
}

func parse(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}

func equalValues(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equalValues)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalValues)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || number(a).Cmp(number(b)) == 0)
	}
	return a == b
}

// number returns the exact value of a number. No number in a report is too
// large for this, because it would not fit a float64 either.
func number(n json.Number) *big.Rat {
	r, _ := new(big.Rat).SetString(string(n))
	return r
}
