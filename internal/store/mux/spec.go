// SPDX-License-Identifier: Apache-2.0

package mux

import (
	"errors"
	"strings"
)

// split returns the specifications in params, which are separated by white
// space. A backslash takes the next character as it is.
func split(params string) ([]string, error) {
	var specs []string
	var spec strings.Builder
	inside, escaped := false, false
	for _, c := range params {
		switch {
		case escaped:
			spec.WriteRune(c)
			escaped = false
		case c == '\\':
			inside, escaped = true, true
		case strings.ContainsRune(" \t\r\n", c):
			if inside {
				specs = append(specs, spec.String())
				spec.Reset()
			}
			inside = false
		default:
			inside = true
			spec.WriteRune(c)
		}
	}
	if escaped {
		return nil, errors.New("mux: nothing behind the last backslash")
	}
	if inside {
		specs = append(specs, spec.String())
	}
	if len(specs) == 0 {
		return nil, errors.New("mux: no databases given (the specification is mux:SPEC SPEC, as many as there are)")
	}
	return specs, nil
}
