// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"crypto/sha256"
	"sync"
)

// maxVerified is the number of tokens that are remembered.
const maxVerified = 4096

// verified remembers tokens whose signature is good, so that a token is verified once. A
// change of the secrets or keys forgets all of them.
type verified struct {
	mu     sync.Mutex
	by     signers
	tokens map[[sha256.Size]byte]Token // by the hash of the text
}

func (v *verified) get(by signers, text string) (Token, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.by != by {
		v.by, v.tokens = by, nil
	}
	t, found := v.tokens[sha256.Sum256([]byte(text))]
	return t, found
}

// put remembers a token that get did not find. If there are too many, all others are
// forgotten.
func (v *verified) put(by signers, text string, t Token) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.by != by || v.tokens == nil || len(v.tokens) >= maxVerified {
		v.by, v.tokens = by, make(map[[sha256.Size]byte]Token)
	}
	v.tokens[sha256.Sum256([]byte(text))] = t
}
