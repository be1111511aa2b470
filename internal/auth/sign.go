// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

// Sign returns a token that names the origin and expires at the given time,
// cut to a whole second. It is signed by HS256 and has no other claims, as the REST service
// that CI systems already submit to expects it.
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

// Sign returns a token with the origins, the roles and the expiry time of t, cut to a whole
// second. It is signed by EdDSA.
func (k *Keys) Sign(t Token, now time.Time) (string, error) {
	switch {
	case k.signing == nil:
		return "", errors.New("signing a token: there are public keys only, which verify tokens")
	case len(t.Origins) == 0 || len(t.Roles) == 0:
		return "", errors.New("signing a token: an origin and a role are needed")
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"origin":  t.Origin(),
		"origins": t.Origins,
		"roles":   t.Roles,
		"iat":     now.Unix(),
		"exp":     t.Expires.Unix(),
	}).SignedString(k.signing)
	if err != nil {
		return "", fmt.Errorf("signing a token for %q: %w", t.Origin(), err)
	}
	return text, nil
}
