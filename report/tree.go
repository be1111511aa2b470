// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A report of any version is a tree of these Go values:
//
//	null     nil
//	boolean  bool
//	number   json.Number, the literal as written; "NaN" and "Infinity" too
//	string   string; half a surrogate pair as the three bytes UTF-8 would have
//	array    []any
//	object   *object

// object is a JSON object: its members in the order of the text, each name
// once.
type object struct {
	members []member
}

type member struct {
	name  string
	value any
}

// index returns the position of a member, or -1. Objects of a report have some
// twenty members at most, for which a scan is faster than a map.
func (o *object) index(name string) int {
	for i := range o.members {
		if o.members[i].name == name {
			return i
		}
	}
	return -1
}

// manyMembers is the number of members from which a map is faster.
const manyMembers = 32

// memberPositions returns the positions of all members by name.
func (o *object) memberPositions() map[string]int {
	places := make(map[string]int, len(o.members))
	for i, m := range o.members {
		places[m.name] = i
	}
	return places
}

// get returns a member's value, and whether the member exists.
func (o *object) get(name string) (any, bool) {
	if i := o.index(name); i >= 0 {
		return o.members[i].value, true
	}
	return nil, false
}

// set replaces a member's value in place, or appends the member.
func (o *object) set(name string, value any) {
	if i := o.index(name); i >= 0 {
		o.members[i].value = value
		return
	}
	o.members = append(o.members, member{name, value})
}

// remove removes a member and returns its value.
func (o *object) remove(name string) (any, bool) {
	i := o.index(name)
	if i < 0 {
		return nil, false
	}
	value := o.members[i].value
	o.members = slices.Delete(o.members, i, i+1)
	return value, true
}

// rename changes the name of a member in its place. An existing member with
// the new name is replaced.
func (o *object) rename(from, to string) {
	i := o.index(from)
	if i < 0 {
		return
	}
	value := o.members[i].value
	if j := o.index(to); j >= 0 {
		o.members[j].value = value
		o.members = slices.Delete(o.members, i, i+1)
		return
	}
	o.members[i].name = to
}

// text returns a member that is a string, or "".
func (o *object) text(name string) string {
	value, _ := o.get(name)
	s, _ := value.(string)
	return s
}

// shallow returns an object with the same values. Changing its members does
// not change o.
func (o *object) shallow() *object { return &object{slices.Clone(o.members)} }

// clone returns a copy of a value that shares no mutable part with it.
func clone(value any) any {
	switch value := value.(type) {
	case *object:
		c := value.shallow()
		for i := range c.members {
			c.members[i].value = clone(c.members[i].value)
		}
		return c
	case []any:
		c := slices.Clone(value)
		for i := range c {
			c[i] = clone(c[i])
		}
		return c
	}
	return value
}

// isFloat reports whether a number is written with a fraction or an exponent.
func isFloat(n json.Number) bool {
	return strings.ContainsAny(string(n), ".eENI")
}

// isIntegral reports whether a number counts as an integer: it is written without fraction
// and exponent, or its nearest double has no fraction.
func isIntegral(n json.Number) bool {
	if !isFloat(n) {
		return true
	}
	f := toFloat(n)
	return !math.IsInf(f, 0) && f == math.Trunc(f)
}

// toFloat returns the double nearest to a number, or infinity beyond the
// range.
func toFloat(n json.Number) float64 {
	f, _ := strconv.ParseFloat(string(n), 64)
	return f
}

// pointer returns the JSON pointer of a path of member names and indexes.
func pointer(path []string) string {
	var b strings.Builder
	for _, name := range path {
		if b.Len() > maxPointer {
			break
		}
		b.WriteByte('/')
		b.WriteString(escapePointer(name))
	}
	return b.String()
}

var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// escapePointer returns a member's name in a JSON pointer: cut if it is longer
// than the name of any property, and in valid UTF-8.
func escapePointer(name string) string {
	name = strings.ToValidUTF8(name[:min(len(name), maxName)], "\uFFFD")
	if !strings.ContainsAny(name, "~/") {
		return name
	}
	return pointerEscaper.Replace(name)
}
