// SPDX-License-Identifier: Apache-2.0

package auth

import "fmt"

// Rule says what becomes of the objects of a submission whose origin is not among those of
// the token.
type Rule string

// The rules.
const (
	Enforce Rule = "enforce" // they are faults
	Warn    Rule = "warn"    // they are loaded and counted
	Off     Rule = "off"     // they are loaded
)

// ParseRule returns the rule with a name.
func ParseRule(name string) (Rule, error) {
	switch r := Rule(name); r {
	case Enforce, Warn, Off:
		return r, nil
	}
	return "", fmt.Errorf("%q is not enforce, warn or off", name)
}
