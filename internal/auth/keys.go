// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

// maxKeys bounds the keys that a token is compared with.
const maxKeys = 16

// Keys are the Ed25519 keys of a service. The first private key signs tokens, and all keys
// verify them.
type Keys struct {
	signing   ed25519.PrivateKey // nil without a private key
	verifying jwt.VerificationKeySet
}

// The types of PEM blocks.
const (
	privateBlock = "PRIVATE KEY" // PKCS #8
	publicBlock  = "PUBLIC KEY"  // PKIX
)

// ParseKeys returns the keys in a text of PEM blocks. Its errors do not show the text.
func ParseKeys(text secret.Text) (*Keys, error) {
	k := new(Keys)
	rest := []byte(text)
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if err := k.add(block); err != nil {
			return nil, fmt.Errorf("key %d: %w", len(k.verifying.Keys)+1, err)
		}
	}
	switch n := len(k.verifying.Keys); {
	case n == 0:
		return nil, errors.New("no key in PEM: make one by \"kcidb token key\"")
	case n > maxKeys:
		return nil, fmt.Errorf("%d keys, at most %d are allowed", n, maxKeys)
	}
	return k, nil
}

// add adds the key of a PEM block.
func (k *Keys) add(block *pem.Block) error {
	notEd25519 := errors.New("not an Ed25519 key: make one by \"kcidb token key\"")
	switch block.Type {
	case privateBlock:
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		private, is := key.(ed25519.PrivateKey)
		if err != nil || !is {
			return notEd25519
		}
		if k.signing == nil {
			k.signing = private
		}
		k.verifying.Keys = append(k.verifying.Keys, private.Public().(ed25519.PublicKey))
	case publicBlock:
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		public, is := key.(ed25519.PublicKey)
		if err != nil || !is {
			return notEd25519
		}
		k.verifying.Keys = append(k.verifying.Keys, public)
	default:
		return fmt.Errorf("a block %q, expected %q or %q", block.Type, privateBlock, publicBlock)
	}
	return nil
}

// CanSign reports whether there is a private key.
func (k *Keys) CanSign() bool { return k.signing != nil }

// NewKey returns a new Ed25519 key as PEM: the private key, and its public key, which only
// verifies tokens.
func NewKey() (private secret.Text, public string, err error) {
	publicKey, privateKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		return "", "", err
	}
	privateBytes, privateErr := x509.MarshalPKCS8PrivateKey(privateKey)
	publicBytes, publicErr := x509.MarshalPKIXPublicKey(publicKey)
	if err := errors.Join(privateErr, publicErr); err != nil {
		return "", "", err
	}
	return secret.Text(pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: privateBytes})),
		string(pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: publicBytes})), nil
}

// KeysOf returns a function that returns the keys in a secret. If the secret is replaced by a
// text that has no keys, the keys known before stay in use, and the log says so once.
func KeysOf(source secret.Source, log *slog.Logger) (func() *Keys, error) {
	text := source()
	keys, err := ParseKeys(text)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex // guards text and keys
	return func() *Keys {
		mu.Lock()
		defer mu.Unlock()
		current := source()
		if current == text {
			return keys
		}
		text = current
		if replaced, err := ParseKeys(current); err != nil {
			log.Warn("the signing keys were replaced by a text that has no keys: the keys known before stay in use", "error", err)
		} else {
			keys = replaced
		}
		return keys
	}, nil
}
