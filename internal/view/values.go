// SPDX-License-Identifier: Apache-2.0

package view

import (
	"encoding/json"
	"time"
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

// parsed returns a JSON object as Go has it, nil where it is none.
func parsed(text json.RawMessage) map[string]any {
	var members map[string]any
	if len(text) == 0 || json.Unmarshal(text, &members) != nil {
		return nil
	}
	return members
}
