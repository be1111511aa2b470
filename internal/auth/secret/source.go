// SPDX-License-Identifier: Apache-2.0

package secret

// Source returns the current text of a secret, which may be replaced while the program
// runs. It returns at once, may be called concurrently, and never returns "". There is no
// secret if the Source is nil.
type Source func() Text

// Fixed returns the source of a secret that stays the same. It returns nil for "".
func Fixed(t Text) Source {
	if t == "" {
		return nil
	}
	return func() Text { return t }
}
