// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/kcidb-go/kcidb/object"
)

// mqPatterns is the kind of queue whose messages are patterns: they tell which
// objects somebody should look at.
var mqPatterns = mqKind{
	name: "pattern", one: "pattern", many: "patterns",
	url: "nats://mq.example.org/PATTERNS", file: "patterns.txt",
	check: checkPatterns,
	form: &mqForm{
		end: '\n', unit: "line",
		tidy:      bytes.TrimSpace,
		published: "Each is a line, and empty lines are passed over. --pattern-help explains them.",
		pulled:    "Each of the patterns is a line.",
	},
}

// checkPatterns says what is wrong with a message of patterns. It has one, unless
// it comes from the Python system, which puts several into a message, a line each.
func checkPatterns(text []byte) error {
	some := false
	for line := range bytes.Lines(text) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		some = true
		_, err := object.Parse(string(line))
		if syntax, ok := errors.AsType[*object.SyntaxError](err); ok {
			return fmt.Errorf("at %d: %s", syntax.Offset, syntax.Msg)
		}
		if err != nil {
			return err
		}
	}
	if !some {
		return errors.New("there is no pattern in it")
	}
	return nil
}
