// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// Merge appends the objects of other reports to the lists of this one, in
// order. It does not merge objects: an object in two reports is in the result twice, until
// Dedup.
//
// Before it adds a source, Merge upgrades the older of both reports to the version of the
// newer, so that the result has the newest version of all. If it returns an *Error, as
// Upgrade does, the report is unchanged. The sources never change, and share nothing with
// the result.
func (d *Document) Merge(sources ...*Document) error {
	if _, ok := d.Version(latest); !ok {
		return d.unknownVersion(latest)
	}
	merged := &Document{root: d.root.(*object).shallow()}
	for _, source := range sources {
		if err := merged.add(source); err != nil {
			return err
		}
	}
	*d = *merged
	return nil
}

func (d *Document) add(source *Document) *Error {
	own, _ := d.Version(latest)
	v, ok := source.Version(latest)
	if !ok {
		return source.unknownVersion(latest)
	}
	if v.Compare(own) < 0 {
		v = own
	}
	target, err := d.upgraded(v)
	if err != nil {
		return err
	}
	from, err := source.upgraded(v)
	if err != nil {
		return err
	}
	root := target.root.(*object)
	for _, list := range lists(v) {
		value, _ := from.root.(*object).get(list.name)
		if elements, ok := value.([]any); ok {
			root.append(list.name, clone(elements).([]any)...)
		}
	}
	d.root = root
	return nil
}

// Keep chooses between two values.
type Keep int

// KeepLast keeps the later of two values of a property, KeepFirst the earlier.
const (
	KeepLast Keep = iota
	KeepFirst
)

// Dedup joins the objects of a list that have the same ID, in the place of the first
// object. If both have a property, keep decides which value stays; values are not merged.
// The error is an *Error of KindVersion if the version of the report does not exist.
func (d *Document) Dedup(keep Keep) error {
	v, ok := d.Version(latest)
	if !ok {
		return d.unknownVersion(latest)
	}
	d.text = nil
	root := d.root.(*object)
	for _, list := range lists(v) {
		if value, ok := root.get(list.name); ok {
			if elements, ok := value.([]any); ok {
				root.set(list.name, dedup(elements, list.id, keep))
			}
		}
	}
	return nil
}

func dedup(elements []any, id []string, keep Keep) []any {
	kept := make([]any, 0, len(elements))
	seen := make(map[string]*object)
	for _, element := range elements {
		o, ok := element.(*object)
		key, hasKey := "", false
		if ok {
			key, hasKey = o.key(id)
		}
		first := seen[key]
		switch {
		case !hasKey:
			kept = append(kept, element)
		case first == nil:
			seen[key] = o
			kept = append(kept, element)
		default:
			for _, m := range o.members {
				if keep == KeepLast || first.index(m.name) < 0 {
					first.set(m.name, m.value)
				}
			}
		}
	}
	return kept
}

// key returns the values of the properties that identify an object as one
// string, and false if a value is missing. Numbers are the same if they are
// equal, however they are written.
func (o *object) key(id []string) (string, bool) {
	var key strings.Builder
	for _, name := range id {
		value, ok := o.get(name)
		if !ok {
			return "", false
		}
		if number, ok := value.(json.Number); ok {
			value = plainInteger(number)
		}
		key.Write(appendValue(nil, value))
		key.WriteByte(0)
	}
	return key.String(), true
}

// plainInteger returns an integer without fraction and exponent, and other
// numbers in the shortest form of a double.
func plainInteger(n json.Number) json.Number {
	switch {
	case n == "-0":
		return "0"
	case !isFloat(n):
		return n
	case !isIntegral(n):
		return json.Number(strconv.FormatFloat(toFloat(n), 'g', -1, 64))
	}
	i, _ := big.NewFloat(toFloat(n)).Int(nil)
	return json.Number(i.String())
}
