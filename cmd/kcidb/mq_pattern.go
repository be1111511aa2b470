// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/kcidb-go/kcidb/object"
)

// mqPatterns is the kind of queue whose messages are patterns, which name
// objects that need attention.
var mqPatterns = mqKind{
	name: "pattern", one: "pattern", many: "patterns",
	url: "nats://mq.example.org/PATTERNS", file: "patterns.txt",
	check: checkPatterns,
	form: &mqForm{
		end: '\n', unit: "line",
		tidy:      bytes.TrimSpace,
		published: "Each pattern is a line; empty lines are ignored. --pattern-help explains patterns.",
		pulled:    "Each pattern is a line.",
	},
}

// checkPatterns returns an error if a message of patterns is not valid. A message
// has one pattern, unless it comes from the Python system, which puts several into
// a message, one per line.
func checkPatterns(text []byte) error {
	found := false
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		found = true
		_, err := object.Parse(string(line))
		if syntax, ok := errors.AsType[*object.SyntaxError](err); ok {
			return fmt.Errorf("at %d: %s", syntax.Offset, syntax.Msg)
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return errors.New("the message has no pattern")
	}
	return nil
}
