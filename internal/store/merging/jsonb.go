// SPDX-License-Identifier: Apache-2.0

package merging

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonbDepth is the greatest depth of a free object that PostgreSQL's driver stores as
// jsonb.
const jsonbDepth = 100

var errDeep = errors.New("too deep for jsonb")

// jsonbForm returns a free object as PostgreSQL writes a value of type jsonb: the
// members ordered by the length of their names, then by the names. It returns a text
// unchanged if the text is too deep for jsonb, or invalid JSON.
func jsonbForm(text string) string {
	form, err := appendJSONB(nil, jsontext.NewDecoder(strings.NewReader(text)))
	if err != nil {
		return text
	}
	return string(form)
}

// appendJSONB appends the next value in that form.
func appendJSONB(dst []byte, d *jsontext.Decoder) ([]byte, error) {
	switch d.PeekKind() {
	case '{':
		return appendJSONBObject(dst, d)
	case '[':
		return appendJSONBArray(dst, d)
	case '"':
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		return jsontext.AppendQuote(dst, token.String())
	}
	value, err := d.ReadValue()
	return append(dst, value...), err
}

func appendJSONBObject(dst []byte, d *jsontext.Decoder) ([]byte, error) {
	type member struct {
		name  string
		value []byte
	}
	var members []member
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	if d.StackDepth() > jsonbDepth {
		return nil, errDeep
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		value, err := appendJSONB(nil, d)
		if err != nil {
			return nil, err
		}
		members = append(members, member{name, value})
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	slices.SortFunc(members, func(a, b member) int {
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), strings.Compare(a.name, b.name))
	})
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst, _ = jsontext.AppendQuote(dst, m.name) // the decoder takes valid UTF-8 only
		dst = append(append(dst, ": "...), m.value...)
	}
	return append(dst, '}'), nil
}

func appendJSONBArray(dst []byte, d *jsontext.Decoder) ([]byte, error) {
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	if d.StackDepth() > jsonbDepth {
		return nil, errDeep
	}
	dst = append(dst, '[')
	for first := true; d.PeekKind() != ']'; first = false {
		if !first {
			dst = append(dst, ", "...)
		}
		var err error
		if dst, err = appendJSONB(dst, d); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return append(dst, ']'), err
}
