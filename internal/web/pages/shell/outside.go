// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"net/url"
	"strings"
)

// Outside returns a URL of a report if it is one that a page may link to: http, https or
// mailto, without odd characters and of at most 2,000 bytes. Otherwise it returns "".
func Outside(text string) string {
	if len(text) > maxPath || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	switch {
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", u.Scheme == "mailto" && u.Opaque != "":
		return text
	}
	return ""
}
