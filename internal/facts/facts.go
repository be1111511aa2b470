// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// IsBoot reports whether a test is a boot test, by its path: "boot", or below it.
func IsBoot(path string) bool { return Suite(path) == "boot" }

// Suite returns the first component of a test's path.
func Suite(path string) string {
	suite, _, _ := strings.Cut(path, ".")
	return suite
}

// Platform returns the type of machine that a test ran on: "platform" of the free object
// (misc) of its environment, or "" if that is not a text.
func Platform(environmentMisc []byte) string { return textOf(environmentMisc, "platform") }

// Lab returns the lab that a test names: "runtime" of its free object (misc), or "" if
// that is not a text. LabOf completes it.
func Lab(misc []byte) string { return textOf(misc, "runtime") }

// BuildLab returns the lab that a build names: "lab" of its free object (misc), otherwise
// "runtime", which may be the technical back end, or "" if neither is a text. LabOf
// completes it.
func BuildLab(misc []byte) string {
	if lab := textOf(misc, "lab"); lab != "" {
		return lab
	}
	return textOf(misc, "runtime")
}

// LabOf returns the lab of a test or a build from the lab that it names: the origin if it
// names no lab, and "" for names that clusters make up ("k8s-..."), which are not labs.
func LabOf(named, origin string) string {
	switch {
	case named == "":
		return origin
	case strings.HasPrefix(named, "k8s-"):
		return ""
	}
	return named
}

// Reason returns why a test failed, in the words of its origin: "error_msg" of its free
// object (misc), or "" if that is not a text.
func Reason(misc []byte) string { return textOf(misc, "error_msg") }

// HarnessError reports whether a test or a build names an error of the system that ran it:
// "error_code" or "error_msg" of its free object (misc).
func HarnessError(misc []byte) bool {
	return textOf(misc, "error_code") != "" || Reason(misc) != ""
}

// textOf returns a member of a JSON object, or "" if the object has no such member or the
// member is not a text. It stops reading at the member, and skips the other values,
// because it runs for each loaded test.
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

// names reports whether a JSON string is a name, with or without escapes.
func names(json jsontext.Value, name string) bool {
	if bytes.IndexByte(json, '\\') >= 0 {
		text, err := jsontext.AppendUnquote(nil, json)
		return err == nil && string(text) == name
	}
	return string(json[1:len(json)-1]) == name
}

// mayName reports whether a member may be in a JSON text: the text has its name, or has
// escapes, which may spell the name.
func mayName(json []byte, member string) bool {
	return bytes.Contains(json, []byte(member)) || bytes.IndexByte(json, '\\') >= 0
}
