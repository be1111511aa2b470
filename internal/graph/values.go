// SPDX-License-Identifier: Apache-2.0

package graph

import (
	"encoding/json"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

func text(s *string) string { return value(s) }

// value returns what is pointed at, zero for nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func seconds(s *float64) time.Duration {
	return time.Duration(value(s) * float64(time.Second))
}

// members are those of a JSON object, read when somebody first asks.
type members struct {
	read bool
	of   map[string]any
}

// parsed returns a JSON object as Go has it, nil where it is none.
func (m *members) parsed(text json.RawMessage) map[string]any {
	if !m.read {
		m.read = true
		if len(text) > 0 && jsonv2.Unmarshal(text, &m.of) != nil {
			m.of = nil
		}
	}
	return m.of
}

// told is what a JSON object tells, looked for when somebody first asks.
type told struct {
	asked bool
	text  string
}

func (t *told) by(tell func([]byte) string, misc json.RawMessage) string {
	if !t.asked {
		t.asked, t.text = true, tell(misc)
	}
	return t.text
}
