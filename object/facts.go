// SPDX-License-Identifier: Apache-2.0

package object

import (
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What tests and builds tell by convention, beside the schema. These are the only
// places that know the conventions.

// IsBoot tells whether a test is of booting, by its path: "boot", or below it.
func IsBoot(path string) bool { return Suite(path) == "boot" }

// Suite returns the first component of a test's path.
func Suite(path string) string {
	suite, _, _ := strings.Cut(path, ".")
	return suite
}

// Platform returns the type of machine a test ran on: "platform" of the free
// object (misc) of its environment, "" where that is no text.
func Platform(environmentMisc []byte) string { return textOf(environmentMisc, "platform") }

// Lab returns where a test ran, or a build was made: "runtime" of its free object
// (misc), "" where that is no text.
func Lab(misc []byte) string { return textOf(misc, "runtime") }

// Reason returns why a test failed, as its origin has it: "error_msg" of its free
// object (misc), "" where that is no text.
func Reason(misc []byte) string { return textOf(misc, "error_msg") }

// textOf returns a member of a JSON object, "" where it is not there or no text.
func textOf(object []byte, member string) (text string) {
	if len(object) == 0 || !strings.Contains(string(object), member[:1]) {
		return ""
	}
	var members map[string]jsontext.Value
	if jsonv2.Unmarshal(object, &members) != nil {
		return ""
	}
	if value := members[member]; value.Kind() != '"' || jsonv2.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}
