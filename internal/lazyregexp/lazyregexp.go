// SPDX-License-Identifier: Apache-2.0

// Package lazyregexp compiles regular expressions when they are first used, so that each
// command starts without compiling those of all others.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns a function that returns a regular expression. Its first call compiles the
// expression, and panics if it is not valid.
func New(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
