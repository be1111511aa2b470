// SPDX-License-Identifier: Apache-2.0

package object

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ID identifies an object among the objects of its type. It has the values of the fields
// that Type.Fields lists. If that is one field, the second text is "": ID{"ci:1"} for a
// test, ID{"ci:3", "2"} for version 2 of an issue. The version of an issue is a decimal
// number.
type ID [2]string

// sortIDs returns a new list of the IDs of objects of a type, each once, in the order of
// their text.
func sortIDs(t Type, ids []ID) []ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b ID) int {
		if len(t.Fields()) == 1 && isBare(a[0]) && isBare(b[0]) { // the usual case needs no text
			return strings.Compare(a[0], b[0])
		}
		return strings.Compare(string(appendID(nil, t, a)), string(appendID(nil, t, b)))
	})
	return slices.Compact(ids)
}

// appendID appends the fields of an ID as patterns write them between brackets.
func appendID(b []byte, t Type, id ID) []byte {
	for i := range max(len(t.Fields()), 1) {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendField(b, id[i])
	}
	return b
}

// appendField appends a field, in quotes if it needs them.
func appendField(b []byte, field string) []byte {
	if isBare(field) {
		return append(b, field...)
	}
	b = append(b, '"')
	for i := range len(field) {
		if field[i] == '"' || field[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, field[i])
	}
	return append(b, '"')
}

// makeID makes the ID of an object of a type. If the fields are wrong, it returns a text
// with the reason.
func makeID(t Type, fields []string) (ID, string) {
	if names := t.Fields(); len(fields) != len(names) {
		return ID{}, fmt.Sprintf("expected %s, the ID of %s, found another number of fields: %d", strings.Join(names, ", "), t, len(fields))
	}
	var id ID
	copy(id[:], fields)
	if t == TypeIssueVersion {
		version, err := strconv.ParseInt(id[1], 10, 32) // as reports have it
		if err != nil {
			return ID{}, fmt.Sprintf("expected an integer of 32 bits as version_num, found %q", id[1])
		}
		id[1] = strconv.FormatInt(version, 10)
	}
	return id, ""
}

// isBare reports whether a field needs no quotes.
func isBare(field string) bool {
	for i := range len(field) {
		if !fieldByte(field[i]) {
			return false
		}
	}
	return field != ""
}

func fieldByte(c byte) bool { return letterOrDigit(c) || strings.IndexByte("_:/.?%+-", c) >= 0 }

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
