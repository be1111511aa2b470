// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"iter"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Lists that are written while they are read.

// errEnough ends the going through a list.
var errEnough = errors.New("enough")

// listed returns a list that a function goes through.
func listed[E any](each func(do func(E) error) error) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		err := each(func(e E) error {
			if !yield(e, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			var none E
			yield(none, err)
		}
	}
}

// writeList writes the part of a list that is asked for, with its name before it.
func writeList[E any](ctx context.Context, enc *jsontext.Encoder, name string, p Page, all iter.Seq2[E, error], key func(E) string) error {
	all, err := pageOfStream(ctx, p, all, key)
	if err != nil {
		return err
	}
	if err := errors.Join(enc.WriteToken(jsontext.String(name)), enc.WriteToken(jsontext.BeginArray)); err != nil {
		return err
	}
	for e, err := range all {
		if err == nil {
			err = jsonv2.MarshalEncode(enc, e)
		}
		if err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndArray)
}
