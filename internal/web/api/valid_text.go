// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// validText reports whether an object can have a text. Reports with other texts are
// refused, and PostgreSQL fails if a query has one.
func validText(text string) bool { return utf8.ValidString(text) && !strings.Contains(text, "\x00") }

// checkURL returns an error if a URL has a text that is not valid.
func checkURL(u *url.URL) error {
	valid := validText(u.Path)
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		text, err := url.QueryUnescape(pair)
		if err != nil {
			text = pair // a parameter with a bad escape is left out, but the others are read
		}
		valid = valid && validText(text)
	}
	if !valid {
		return badRequest("The URL has a NUL character, or is not UTF-8")
	}
	return nil
}

// checkBody returns an error if a JSON body has a NUL character. Bodies that are not
// JSON or not UTF-8 pass: decoding them fails.
func checkBody(body []byte) error {
	for d := jsontext.NewDecoder(bytes.NewReader(body)); ; {
		token, err := d.ReadToken()
		if err != nil {
			return nil
		}
		if token.Kind() == '"' && strings.Contains(token.String(), "\x00") {
			return badRequest("The body has a NUL character")
		}
	}
}
