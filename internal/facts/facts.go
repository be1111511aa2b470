// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

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

// Lab returns where a test says that it ran: "runtime" of its free object (misc), ""
// where that is no text.
func Lab(misc []byte) string { return textOf(misc, "runtime") }

// BuildLab returns where a build says that it was made: "lab" of its free object
// (misc), else "runtime", which may be the technical back end; "" where neither is a
// text.
func BuildLab(misc []byte) string {
	if lab := textOf(misc, "lab"); lab != "" {
		return lab
	}
	return textOf(misc, "runtime")
}

// LabOf returns the lab of a test or a build that says that it is of a lab: the origin
// where it says nothing, and "" for names that clusters make up ("k8s-..."), which are
// no labs.
func LabOf(said, origin string) string {
	switch {
	case said == "":
		return origin
	case strings.HasPrefix(said, "k8s-"):
		return ""
	}
	return said
}

// Reason returns why a test failed, as its origin has it: "error_msg" of its free
// object (misc), "" where that is no text.
func Reason(misc []byte) string { return textOf(misc, "error_msg") }

// textOf returns a member of a JSON object, "" where it is not there or no text.
// It reads no further than to the member, and no value but that: it runs for each
// test that is loaded.
func textOf(object []byte, member string) string {
	if !mayName(object, member) {
		return ""
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(object), jsontext.AllowDuplicateNames(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return ""
	}
	for {
		name, err := d.ReadValue()
		if err != nil {
			return ""
		}
		if !names(name, member) {
			if d.SkipValue() != nil {
				return ""
			}
			continue
		}
		value, err := d.ReadToken()
		if err != nil || value.Kind() != '"' {
			return ""
		}
		return value.String()
	}
}

// names tells whether a JSON string is a name, escapes or not.
func names(json jsontext.Value, name string) bool {
	if bytes.IndexByte(json, '\\') >= 0 {
		text, err := jsontext.AppendUnquote(nil, json)
		return err == nil && string(text) == name
	}
	return string(json[1:len(json)-1]) == name
}

// mayName tells whether a member may be in JSON: it is as it is written, or there
// are escapes, which it may be written with.
func mayName(json []byte, member string) bool {
	return bytes.Contains(json, []byte(member)) || bytes.IndexByte(json, '\\') >= 0
}
