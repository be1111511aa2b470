// SPDX-License-Identifier: Apache-2.0

package arrival

import "crypto/rand"

// NewID returns the ID of a new submission: 32 random letters and digits.
func NewID() string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	id := make([]byte, 0, 32)
	for len(id) < cap(id) {
		var random [48]byte
		rand.Read(random[:]) // never fails
		for _, b := range random {
			// Six bits make 64 numbers; the last two are skipped, so that all
			// characters are equally likely.
			if b &= 63; int(b) < len(alphabet) && len(id) < cap(id) {
				id = append(id, alphabet[b])
			}
		}
	}
	return string(id)
}
