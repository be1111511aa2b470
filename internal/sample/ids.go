// SPDX-License-Identifier: Apache-2.0

package sample

import "time"

// Each origin makes its IDs in a way of its own, and so do these functions.

// appendObjectID appends 24 hexadecimal digits that begin with a time, like
// the IDs of a document database.
func appendObjectID(dst []byte, at time.Time, key uint64) []byte {
	dst = appendHex(dst, uint64(at.Unix())<<32)
	dst = dst[:len(dst)-8]
	return appendHex(dst, key)
}

// appendWord appends 27 letters and digits.
func appendWord(dst []byte, key uint64) []byte {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	for range 3 {
		for rest, n := key, 0; n < 9; n++ {
			dst = append(dst, alphabet[rest%62])
			rest /= 62
		}
		key = hashKeys(key)
	}
	return dst
}

// checkoutID returns the ID of an origin's checkout of a revision.
func checkoutID(origin string, rev *revision, at time.Time) string {
	id := append([]byte(origin), ':')
	key := hashKeys(rev.key, hash(origin), 10)
	switch origin {
	case "linaro": // a UUID
		word := hexWord(32, key)
		return string(id) + word[:8] + "-" + word[8:12] + "-4" + word[13:16] + "-a" + word[17:20] + "-" + word[20:]
	case "redhat":
		return string(appendNumber(id, 1_900_000_000+int(key%90_000_000)))
	case "microsoft":
		return string(id) + rev.hash[:12]
	}
	return string(appendObjectID(id, at, key))
}

// newID returns the ID of the build.
func (b *build) newID() string {
	id := append([]byte(b.checkout.origin), ':')
	switch b.checkout.origin {
	case "linaro":
		return string(appendWord(id, b.key))
	case "redhat":
		return b.checkout.id + "_" + b.config.arch + "_kernel"
	case "microsoft":
		return string(id) + b.start.Format("20060102150405") + hexWord(6, b.key)
	}
	return string(appendObjectID(id, b.start, b.key))
}

// testID returns the ID of the job's ith case, or the job's own ID for -1.
func (j *job) testID(i int) string {
	id := make([]byte, 0, 128)
	id = append(append(id, j.platform.origin...), ':')
	switch j.platform.origin {
	case "linaro":
		id = append(appendWord(id, j.key), '_')
		for _, c := range []byte(j.suite.path) {
			if c == '.' {
				c = '-'
			}
			id = append(id, c)
		}
		if !j.suite.plain {
			id = append(append(id, '_'), j.suite.cases[i].name...)
		}
		return string(id)
	case "redhat":
		id = append(append(id[:0], j.build.id...), "_kcidb_tool_"...)
		id = append(appendNumber(id, 19_000_000+int(j.key%900_000)), '_')
		return string(appendNumber(id, i+1))
	case "microsoft":
		id = append(append(id, j.suite.cases[i].name...), '-')
		return string(appendHex(j.at.AppendFormat(id, "20060102150405"), hashKeys(j.key, uint64(i))))
	}
	return string(appendObjectID(id, j.at, hashKeys(j.key, uint64(i+1))))
}
