// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"errors"
	"net/url"
	"strings"
)

// parseAddress reads the address of a service,
//
//	[http://|https://][TOKEN@]HOST[:PORT][/...]
//
// and returns its root, without a final slash, and the token. It reads addresses as the
// Python client reads KCIDB_REST: the default is https, a path has no effect, and the
// token is not decoded. Errors never repeat the address, because of the token in it.
func parseAddress(address string) (root, token string, err error) {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "https", address
	}
	if scheme != "http" && scheme != "https" {
		return "", "", errors.New("address of the service: it must begin with http:// or https://")
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		token, rest = rest[:at], rest[at+1:]
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil || u.Hostname() == "" {
		return "", "", errors.New("address of the service: it must be [http://|https://][TOKEN@]HOST[:PORT]")
	}
	return u.String(), token, checkToken(token)
}

// checkToken refuses a token that cannot be sent in a header.
func checkToken(token string) error {
	for _, c := range []byte(token) {
		if c <= ' ' || c > '~' {
			return errors.New("token: it must be of printable ASCII characters, without spaces")
		}
	}
	return nil
}
