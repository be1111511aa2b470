// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// possible tells whether a text can be in an object: reports with others are refused,
// and not all databases take them in questions.
func possible(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

// possibleURL returns an error where there are other texts in a URL.
func possibleURL(u *url.URL) error {
	query, err := url.QueryUnescape(u.RawQuery)
	if err != nil {
		query = u.RawQuery // what is no escape is taken as it is, or left out
	}
	if !possible(u.Path) || !possible(query) {
		return badRequest("The URL has a NUL character in it, or what is not UTF-8")
	}
	return nil
}

// possibleJSON returns an error where there are other texts in a body.
func possibleJSON(body []byte) error {
	for d := jsontext.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.ReadToken()
		if err != nil {
			return nil // whoever reads it says so, where it is not the end
		}
		if token.Kind() == '"' && strings.Contains(token.String(), "\x00") {
			return badRequest("The body has a NUL character in it")
		}
	}
}
