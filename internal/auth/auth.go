// SPDX-License-Identifier: Apache-2.0

// Package auth authenticates the CI system that submits a report.
//
// Submitters send a JSON Web Token, signed with a secret that the server
// shares. The token names their origin and expires. The rules and the texts of
// the refusals are those of the REST service that CI systems already submit
// to: the only algorithm is HS256, the claims "origin" and "exp" are required,
// "aud" is refused, "nbf" is ignored, and any word may stand before the token.
package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

// noOrigin is the origin of every request while authentication is off.
const noOrigin = "none"

// refusal is the reason why a request is refused, as a text for its sender.
type refusal string

func (r refusal) Error() string { return string(r) }

// leeway is how long a token is still accepted after it expired, because
// clocks differ.
const leeway = 60 * time.Second

// Checker checks the tokens of requests. The zero Checker accepts every
// request.
type Checker struct {
	// Primary is the secret that tokens are signed with. Authentication is off if it is
	// nil. Tokens of a secret that was replaced are refused.
	Primary secret.Source
	// Unified is a second secret, tried if the primary fails. May be nil.
	Unified secret.Source
	// Now is the clock. The default is time.Now.
	Now func() time.Time
}

// Enabled reports whether requests need a token.
func (c *Checker) Enabled() bool { return c.Primary != nil }

// Origin returns the origin that the token in the header names. Its errors are
// texts for the sender.
func (c *Checker) Origin(h http.Header) (string, error) {
	if !c.Enabled() {
		return noOrigin, nil
	}
	token, err := bearer(h)
	if err != nil {
		return "", err
	}
	origin, err := c.verify(token, c.Primary())
	if err != nil && c.Unified != nil {
		if origin, err := c.verify(token, c.Unified()); err == nil {
			return origin, nil
		}
	}
	return origin, err
}

// bearer returns the token in the header: the second of the words separated by
// single spaces, whatever the first word is.
func bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", refusal("JWT is required")
	}
	for _, c := range []byte(values[0]) {
		if (c < ' ' && c != '\t') || c >= 0x7f {
			return "", refusal("Missing or invalid JWT")
		}
	}
	words := strings.Split(values[0], " ")
	if len(words) < 2 {
		return "", refusal("Missing or invalid JWT (Bearer)")
	}
	return words[1], nil
}

// verify returns the origin of a token that key signed.
//
// The library checks only the signature: its rules for claims check nbf, and
// cannot require an origin.
func (c *Checker) verify(token string, key secret.Text) (string, error) {
	parsed, err := jwt.Parse(token,
		func(*jwt.Token) (any, error) { return []byte(key), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	switch {
	case err == nil:
		return c.origin(parsed.Claims.(jwt.MapClaims))
	case parsed != nil && parsed.Header["alg"] != nil && parsed.Header["alg"] != "HS256":
		return "", refusal("InvalidAlgorithm")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "", refusal("InvalidSignature")
	}
	return "", refusal("InvalidToken")
}

// origin checks the claims and returns the claim "origin".
func (c *Checker) origin(claims jwt.MapClaims) (string, error) {
	claim, found := claims["origin"]
	origin, isText := claim.(string)
	switch {
	case !found:
		return "", refusal("JSON error: missing field `origin`")
	case !isText:
		return "", refusal("JSON error: field `origin` is not a string")
	}

	exp, found := claims["exp"]
	if !found {
		return "", refusal("Missing required claim: exp")
	}
	number, isNumber := exp.(json.Number)
	seconds, err := number.Float64()
	if !isNumber || err != nil {
		return "", refusal("InvalidClaimFormat: exp")
	}
	// Compared as numbers: a time.Time cannot hold every number of seconds.
	if now := c.now().Add(-leeway).Unix(); seconds < float64(now) {
		return "", refusal("ExpiredSignature")
	}
	if _, found := claims["aud"]; found {
		return "", refusal("InvalidAudience")
	}
	return origin, nil
}

func (c *Checker) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Sign returns a token that names the origin and expires at the given time,
// cut to a whole second.
func Sign(key secret.Text, origin string, expires time.Time) (string, error) {
	if key == "" || origin == "" {
		return "", errors.New("signing a token: the secret and the origin must not be empty")
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"origin": origin,
		"exp":    expires.Unix(),
	}).SignedString([]byte(key))
	if err != nil {
		return "", fmt.Errorf("signing a token for %q: %w", origin, err)
	}
	return token, nil
}
