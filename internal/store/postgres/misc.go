// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"encoding/json"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The free object of a report (misc) is a value of type jsonb, for people who ask
// in SQL. That type does not keep every JSON text: it writes 1e-05 as 0.00001 and
// -0.0 as 0.0, takes no number beyond some size, writes 1e131071 with as many
// digits, and recurses once for each level. An object that it keeps, except
// for the order of the members, is kept as it is. Any other one gets a member more, which
// has the whole text, and keeps the members that the type takes at a small cost:
//
//	{"lab": "a", "loss": 0.00001, "kcidb:text": "{\"lab\":\"a\",\"loss\":1e-05}"}
//
// Readers get that member. An object needs it only if it has numbers in a form that most
// programs do not write, so other objects pay no space for it.

// textMember is the name of the member that has the whole text.
const textMember = "kcidb:text"

// The most that is given to jsonb. Beyond the depth and the numbers the server may
// fail. The cost is the bytes it makes of a text, about.
const (
	maxDepth    = 100
	maxDigits   = 400 // of a number, and as an exponent
	maxCost     = 16 << 20
	maxMemberIs = 64 << 10 // of a member beside the whole text
)

// appendMisc appends a free object as JSON that jsonb takes.
func appendMisc(dst []byte, text json.RawMessage) []byte {
	w := weighJSON(text)
	if w.exact && !w.named && w.cost <= maxCost {
		return append(dst, text...)
	}
	dst = append(dst, '{')
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	_, err := d.ReadToken()
	for cost := 0; err == nil && d.PeekKind() == '"'; {
		var name, value jsontext.Value
		if name, err = d.ReadValue(); err != nil {
			break
		}
		from := len(dst)
		dst = append(append(dst, name...), ':')
		if value, err = d.ReadValue(); err != nil {
			dst = dst[:from]
			break
		}
		w := weighJSON(value)
		if isTextMember(dst[from:len(dst)-1]) || w.cost > maxMemberIs || cost+w.cost > maxCost/4 {
			dst = dst[:from]
			continue
		}
		cost += w.cost
		dst = append(append(dst, value...), ',')
	}
	dst = append(dst, `"`+textMember+`":`...)
	dst, _ = jsontext.AppendQuote(dst, text) // its only error is invalid UTF-8, which it replaces
	return append(dst, '}')
}

// readMisc returns the free object that a value of jsonb stands for, without the spaces
// that the server inserts.
func readMisc(value []byte) (json.RawMessage, error) {
	text := jsontext.Value(bytes.Clone(value))
	if bytes.Contains(text, []byte(`"`+textMember+`"`)) {
		var object struct {
			Text *string `json:"kcidb:text"`
		}
		if err := jsonv2.Unmarshal(text, &object, jsontext.AllowDuplicateNames(true)); err != nil {
			return nil, err
		}
		if object.Text != nil {
			return json.RawMessage(*object.Text), nil
		}
	}
	err := text.Compact()
	return json.RawMessage(text), err
}

// markedMisc returns a free object as a column of text has it: behind a blank if
// jsonb cannot take it. The view tests looks at that first byte.
func markedMisc(text json.RawMessage) string {
	if weighJSON(text).cost > maxCost {
		return " " + string(text)
	}
	return string(text)
}

// weight is what jsonb makes of a JSON text.
type weight struct {
	cost  int  // in bytes; more than maxCost if jsonb may fail
	exact bool // numbers stay as they are written
	named bool // an object has a member of the name textMember
}

// weighJSON looks at a valid JSON text once, byte by byte.
func weighJSON(text []byte) weight {
	w := weight{cost: len(text), exact: true}
	depth := 0
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := i + stringLength(text[i:])
			if depth == 1 && end < len(text) && text[end] == ':' && isTextMember(text[i:end]) {
				w.named = true
			}
			i = end
			continue
		case c == '{', c == '[':
			if depth++; depth > maxDepth {
				w.cost = maxCost + 1
				return w
			}
		case c == '}', c == ']':
			depth--
		case c == '-', '0' <= c && c <= '9':
			end := i + 1
			for end < len(text) && isNumeric(text[end]) {
				end++
			}
			cost, exact := weighNumber(text[i:end])
			if w.cost += cost; w.cost > maxCost {
				return w
			}
			w.exact = w.exact && exact
			i = end
			continue
		}
		i++
	}
	return w
}

// weighNumber returns how many bytes longer jsonb may make a number, and whether jsonb
// leaves the number as it is written.
func weighNumber(number []byte) (cost int, exact bool) {
	if len(number) > maxDigits {
		return maxCost + 1, false
	}
	mantissa, exponent, found := bytes.Cut(number, []byte("e"))
	if !found {
		mantissa, exponent, found = bytes.Cut(number, []byte("E"))
	}
	if !found {
		negativeZero := number[0] == '-' && len(bytes.Trim(number, "-0.")) == 0
		return 0, !negativeZero
	}
	n := 0
	for _, c := range bytes.TrimLeft(exponent, "+-") {
		if n = 10*n + int(c-'0'); n > maxDigits {
			return maxCost + 1, false
		}
	}
	return n + len(mantissa), false
}

func isNumeric(c byte) bool {
	return '0' <= c && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// isTextMember reports whether a JSON string is the name textMember, with escapes or
// without.
func isTextMember(name []byte) bool {
	if bytes.IndexByte(name, '\\') < 0 {
		return string(name) == `"`+textMember+`"`
	}
	plain, err := jsontext.AppendUnquote(nil, name)
	return err == nil && string(plain) == textMember
}

// stringLength returns the length of the JSON string at the beginning of a text.
func stringLength(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
