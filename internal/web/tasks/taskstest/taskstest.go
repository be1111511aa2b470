// SPDX-License-Identifier: Apache-2.0

// Package taskstest signs tokens in place of Google, for tests.
package taskstest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// certificates is the URL where Google publishes its keys.
const certificates = "https://www.googleapis.com/oauth2/v3/certs"

// keyID is the name of the key.
const keyID = "test"

// Signer signs tokens with a key of its own.
type Signer struct{ key *rsa.PrivateKey }

// NewSigner returns a signer with a new key.
func NewSigner(t testing.TB) *Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &Signer{key}
}

// Token returns a token of a service account. The changes are to its claims; a nil value
// removes a claim.
func (s *Signer) Token(t testing.TB, audience, account string, changes map[string]any) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": "https://accounts.google.com", "aud": audience, "email": account, "email_verified": true,
		"sub": "1", "iat": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = keyID
	text, err := token.SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Keys returns the public key, as Google publishes its keys.
func (s *Signer) Keys(t testing.TB) []byte {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kid": keyID, "kty": "RSA", "alg": "RS256", "use": "sig",
		"n": encode(s.key.N.Bytes()), "e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Transport returns a transport that answers with keys in place of Google, and sends all
// other requests by http.DefaultTransport.
func Transport(keys []byte) http.RoundTripper { return transport{keys, http.DefaultTransport} }

type transport struct {
	keys  []byte
	other http.RoundTripper
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.String() != certificates {
		return t.other.RoundTrip(r)
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Cache-Control": {"max-age=3600"}}, Body: io.NopCloser(bytes.NewReader(t.keys)),
	}, nil
}
