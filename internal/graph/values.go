// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"encoding/json"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

func text(s *string) string { return value(s) }

// value returns the value that p points to, or zero if p is nil.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func seconds(s *float64) time.Duration {
	return time.Duration(value(s) * float64(time.Second))
}

// lazyObject is a JSON object, parsed when it is first used.
type lazyObject struct {
	read    bool
	members map[string]any
}

// get returns the JSON object as Go values. It returns nil for any other text.
func (o *lazyObject) get(text json.RawMessage) map[string]any {
	if !o.read {
		o.read = true
		if len(text) > 0 && jsonv2.Unmarshal(text, &o.members) != nil {
			o.members = nil
		}
	}
	return o.members
}

// lazyText is a text found in a JSON object, looked for when it is first used.
type lazyText struct {
	read bool
	text string
}

func (t *lazyText) get(find func([]byte) string, misc json.RawMessage) string {
	if !t.read {
		t.read, t.text = true, find(misc)
	}
	return t.text
}
