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

// fields are the fields of an object, by name. The fields of environments,
// numbers and culprits are fields of their own, as they are to databases, which
// merge each by itself. One of these with nothing in it is none.
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

// merge returns what a database makes of an object and of the same one that
// was loaded later: the newer one's fields, and the older one's where it has
// none. One without a time is of the time it is loaded at.
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

// isNewer tells whether an object is newer than one that comes later.
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

// unequal returns the fields that differ. A time that A has none of is the time
// it was loaded at in B, and no difference.
func unequal(a, b fields) ([]Field, error) {
	if a[timestampField] == nil {
		delete(b, timestampField)
	}
	return unequalMembers(nil, "", a, b)
}

// unequalMembers adds the members of two objects that differ, with a prefix to
// their names. Of members that are objects, it adds their members.
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

// equal tells whether two texts are of the same JSON value.
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

// number returns the exact value of a number. Reports have none that is too
// large for that: it would not fit a float64 either.
func number(n json.Number) *big.Rat {
	r, _ := new(big.Rat).SetString(string(n))
	return r
}
