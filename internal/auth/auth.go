// SPDX-License-Identifier: Apache-2.0

// Package auth tells who hands in a report.
//
// Submitters carry a JSON Web Token, signed with a secret the server shares,
// that names their origin and an end of validity. The rules, and the texts of
// the refusals, are those CI systems know from the REST service they already
// submit to: HS256 and nothing else, the claims "origin" and "exp" required,
// "aud" refused, "nbf" not looked at, any word before the token.
package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kcidb-go/kcidb/internal/secret"
)

// NoOrigin is the origin of everybody while authentication is off.
const NoOrigin = "none"

// Refusal is why a sender is not let in, as a text for it.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// leeway is how long past its end a token is still taken, for clocks differ.
const leeway = 60 * time.Second

// Checker checks the tokens of requests. The zero Checker lets everybody in.
type Checker struct {
	// Primary is the secret tokens are signed with; empty turns
	// authentication off.
	Primary secret.Text
	// Unified is a second secret, tried where the primary fails; empty for none.
	Unified secret.Text
	// Now is the clock; time.Now where nil.
	Now func() time.Time
}

// Enabled tells whether a token is needed at all.
func (c *Checker) Enabled() bool { return c.Primary != "" }

// Origin returns the origin named by the token in the header, or the
// Refusal.
func (c *Checker) Origin(h http.Header) (string, error) {
	if !c.Enabled() {
		return NoOrigin, nil
	}
	token, err := bearer(h)
	if err != nil {
		return "", err
	}
	origin, err := c.verify(token, c.Primary)
	if err != nil && c.Unified != "" {
		if origin, err := c.verify(token, c.Unified); err == nil {
			return origin, nil
		}
	}
	return origin, err
}

// bearer takes the token out of the header: the second of the words that
// single spaces part, whatever the first one is.
func bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return "", Refusal("JWT is required")
	}
	for _, c := range []byte(values[0]) {
		if (c < ' ' && c != '\t') || c >= 0x7f {
			return "", Refusal("Missing or invalid JWT")
		}
	}
	words := strings.Split(values[0], " ")
	if len(words) < 2 {
		return "", Refusal("Missing or invalid JWT (Bearer)")
	}
	return words[1], nil
}

// verify returns the origin of a token that key signed.
//
// The library checks the signature only: its rules for claims know nbf, and
// no required origin.
func (c *Checker) verify(token string, key secret.Text) (string, error) {
	parsed, err := jwt.Parse(token,
		func(*jwt.Token) (any, error) { return []byte(key), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	switch {
	case err == nil:
		return c.origin(parsed.Claims.(jwt.MapClaims))
	case parsed != nil && parsed.Header["alg"] != nil && parsed.Header["alg"] != "HS256":
		return "", Refusal("InvalidAlgorithm")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return "", Refusal("InvalidSignature")
	}
	return "", Refusal("InvalidToken")
}

// origin checks the claims and returns the one that names the origin.
func (c *Checker) origin(claims jwt.MapClaims) (string, error) {
	claim, there := claims["origin"]
	origin, isText := claim.(string)
	switch {
	case !there:
		return "", Refusal("JSON error: missing field `origin`")
	case !isText:
		return "", Refusal("JSON error: field `origin` is not a string")
	}

	exp, there := claims["exp"]
	if !there {
		return "", Refusal("Missing required claim: exp")
	}
	number, isNumber := exp.(json.Number)
	seconds, err := number.Float64()
	if !isNumber || err != nil {
		return "", Refusal("InvalidClaimFormat: exp")
	}
	// Compared as numbers: a time.Time cannot hold every number of seconds.
	if now := c.now().Add(-leeway).Unix(); seconds < float64(now) {
		return "", Refusal("ExpiredSignature")
	}
	if _, there := claims["aud"]; there {
		return "", Refusal("InvalidAudience")
	}
	return origin, nil
}

func (c *Checker) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// Sign returns a token that names the origin, valid until the time given, a
// whole second.
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
