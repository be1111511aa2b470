// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/url"
	"strings"
	"unicode/utf8"
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
