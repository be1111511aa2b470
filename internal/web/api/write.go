// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"io"
	"iter"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// encoding are the options of answers in JSON. Equal answers have equal bytes, so that the
// hash of an answer can be its entity tag.
var encoding = jsonv2.JoinOptions(jsonv2.Deterministic(true), jsontext.AllowInvalidUTF8(true))

// writeArray writes the items of a list as a JSON array while it reads the list. For an
// empty list it writes nothing and returns the error missing.
func writeArray[E, I any](w io.Writer, all iter.Seq2[E, error], item func(*E) I, missing notFound) error {
	enc := jsontext.NewEncoder(w, encoding)
	begun := false
	for e, err := range all {
		if err != nil {
			return err
		}
		if !begun {
			begun = true
			if err := enc.WriteToken(jsontext.BeginArray); err != nil {
				return err
			}
		}
		if err := jsonv2.MarshalEncode(enc, item(&e)); err != nil {
			return err
		}
	}
	if !begun {
		return missing
	}
	return enc.WriteToken(jsontext.EndArray)
}

// writeMember writes the items of a list as a member of a JSON object while it reads
// the list.
func writeMember[E, I any](enc *jsontext.Encoder, name string, all iter.Seq2[E, error], item func(*E) I) error {
	if err := errors.Join(enc.WriteToken(jsontext.String(name)), enc.WriteToken(jsontext.BeginArray)); err != nil {
		return err
	}
	for e, err := range all {
		if err == nil {
			err = jsonv2.MarshalEncode(enc, item(&e))
		}
		if err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndArray)
}

// writeField writes a value as a member of a JSON object.
func writeField(enc *jsontext.Encoder, name string, value any) error {
	return errors.Join(enc.WriteToken(jsontext.String(name)), jsonv2.MarshalEncode(enc, value))
}
