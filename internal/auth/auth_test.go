// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// token signs any claims by any method, also tokens that Sign would never
// make.
func token(t *testing.T, method jwt.SigningMethod, secret string, claims jwt.MapClaims) string {
	t.Helper()
	var key any = []byte(secret)
	if method == jwt.SigningMethodNone {
		key = jwt.UnsafeAllowNoneSignatureType
	}
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOrigin(t *testing.T) {
	hour := now.Add(time.Hour).Unix()
	hs := func(secret string, claims jwt.MapClaims) string {
		return "Bearer " + token(t, jwt.SigningMethodHS256, secret, claims)
	}
	good := jwt.MapClaims{"origin": "ci", "exp": hour}
	tests := []struct {
		name             string
		primary, unified secret.Text
		header           []string
		origin, refusal  string
	}{
		{name: "off", origin: noOrigin},
		{name: "off, with a unified secret", unified: "u", origin: noOrigin},
		{name: "off, with a token", header: []string{hs("x", good)}, origin: noOrigin},
		{name: "good", primary: "s", header: []string{hs("s", good)}, origin: "ci"},
		{name: "any first word", primary: "s", header: []string{strings.Replace(hs("s", good), "Bearer", "token:", 1)}, origin: "ci"},
		{name: "words behind", primary: "s", header: []string{hs("s", good) + " more"}, origin: "ci"},
		{name: "first of two headers", primary: "s", header: []string{hs("s", good), "x"}, origin: "ci"},
		{name: "further claims", primary: "s", origin: "ci", header: []string{hs("s", jwt.MapClaims{
			"origin": "ci", "exp": hour, "gendate": "2026-01-01", "iss": "x", "sub": "y", "iat": hour})}},
		{name: "not before is not looked at", primary: "s", origin: "ci",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci", "exp": hour, "nbf": hour})}},
		{name: "unified", primary: "s", unified: "u", header: []string{hs("u", good)}, origin: "ci"},
		{name: "just past the end", primary: "s", origin: "ci",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci", "exp": now.Unix() - 60})}},
		{name: "far end", primary: "s", origin: "ci",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci", "exp": json.Number("1e30")})}},
		{name: "end with a fraction", primary: "s", origin: "ci",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci", "exp": float64(hour) + 0.5})}},

		{name: "no header", primary: "s", refusal: "JWT is required"},
		{name: "empty header", primary: "s", header: []string{""}, refusal: "Missing or invalid JWT (Bearer)"},
		{name: "token alone", primary: "s", header: []string{"abc"}, refusal: "Missing or invalid JWT (Bearer)"},
		{name: "not ASCII", primary: "s", header: []string{"Bearer é"}, refusal: "Missing or invalid JWT"},
		{name: "control character", primary: "s", header: []string{"Bearer \x01"}, refusal: "Missing or invalid JWT"},
		{name: "two spaces", primary: "s", header: []string{strings.Replace(hs("s", good), " ", "  ", 1)}, refusal: "InvalidToken"},
		{name: "nonsense", primary: "s", header: []string{"Bearer nonsense"}, refusal: "InvalidToken"},
		{name: "three parts of nonsense", primary: "s", header: []string{"Bearer a.b.c"}, refusal: "InvalidToken"},
		{name: "other secret", primary: "s", header: []string{hs("x", good)}, refusal: "InvalidSignature"},
		{name: "neither secret", primary: "s", unified: "u", header: []string{hs("x", good)}, refusal: "InvalidSignature"},
		{name: "the primary's text counts", primary: "s", unified: "u", refusal: "InvalidSignature",
			header: []string{hs("u", jwt.MapClaims{"origin": "ci", "exp": now.Unix() - 61})}},
		{name: "expired", primary: "s", refusal: "ExpiredSignature",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci", "exp": now.Unix() - 61})}},
		{name: "no end", primary: "s", refusal: "Missing required claim: exp",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci"})}},
		{name: "end that is text", primary: "s", refusal: "InvalidClaimFormat: exp",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci", "exp": "tomorrow"})}},
		{name: "no origin", primary: "s", refusal: "JSON error: missing field `origin`",
			header: []string{hs("s", jwt.MapClaims{"exp": hour})}},
		{name: "origin spelled otherwise", primary: "s", refusal: "JSON error: missing field `origin`",
			header: []string{hs("s", jwt.MapClaims{"Origin": "ci", "exp": hour})}},
		{name: "origin that is a number", primary: "s", refusal: "JSON error: field `origin` is not a string",
			header: []string{hs("s", jwt.MapClaims{"origin": 1, "exp": hour})}},
		{name: "audience", primary: "s", refusal: "InvalidAudience",
			header: []string{hs("s", jwt.MapClaims{"origin": "ci", "exp": hour, "aud": "x"})}},
		{name: "HS384", primary: "s", refusal: "InvalidAlgorithm",
			header: []string{"Bearer " + token(t, jwt.SigningMethodHS384, "s", good)}},
		{name: "none", primary: "s", refusal: "InvalidAlgorithm",
			header: []string{"Bearer " + token(t, jwt.SigningMethodNone, "", good)}},
		{name: "payload that is no object", primary: "s", refusal: "InvalidToken",
			header: []string{"Bearer eyJhbGciOiJIUzI1NiJ9.MQ.AAAA"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Checker{Primary: secret.Fixed(test.primary), Unified: secret.Fixed(test.unified), Now: func() time.Time { return now }}
			got, err := c.Token(t.Context(), http.Header{"Authorization": test.header})
			origin := got.Origin()
			refusal := ""
			if err != nil {
				refusal = err.Error()
			}
			if origin != test.origin || refusal != test.refusal {
				t.Errorf("got origin %q, refusal %q; want %q, %q", origin, refusal, test.origin, test.refusal)
			}
		})
	}
}

// TestReplacedSecret: tokens of a secret that was replaced are refused at once.
func TestReplacedSecret(t *testing.T) {
	current := secret.Text("old")
	c := &Checker{Primary: func() secret.Text { return current }, Now: func() time.Time { return now }}
	header := func(key string) http.Header {
		return http.Header{"Authorization": {"Bearer " + token(t, jwt.SigningMethodHS256, key, jwt.MapClaims{"origin": "ci", "exp": now.Unix()})}}
	}
	for _, step := range []struct {
		current      secret.Text
		oldIs, newIs bool
	}{{"old", true, false}, {"new", false, true}} {
		current = step.current
		_, oldErr := c.Token(t.Context(), header("old"))
		_, newErr := c.Token(t.Context(), header("new"))
		if (oldErr == nil) != step.oldIs || (newErr == nil) != step.newIs {
			t.Errorf("while the secret is %q: %v for the old, %v for the new", string(current), oldErr, newErr)
		}
	}
	if _, err := c.Token(t.Context(), header("old")); err == nil || err.Error() != "InvalidSignature" {
		t.Errorf("refused by %v", err)
	}
}

// TestKnownToken checks Sign and Check with a token that another program
// made.
func TestKnownToken(t *testing.T) {
	const known = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjE4OTM0NTYwMDAsIm9yaWdpbiI6ImNpIn0."
	text, err := Sign("s", "ci", time.Unix(1893456000, 0))
	if err != nil || !strings.HasPrefix(text, known) {
		t.Errorf("Sign: %s, %v; want the beginning %s", text, err, known)
	}
	c := &Checker{Primary: secret.Fixed("s"), Now: func() time.Time { return now }}
	got, err := c.Check(t.Context(), text)
	want := Token{ID: ID(text), Origins: []string{"ci"}, Roles: Roles{Submit, Issue}, Expires: time.Unix(1893456000, 0).UTC()}
	if !reflect.DeepEqual(got, want) || err != nil {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []struct {
		key    secret.Text
		origin string
	}{{"", "ci"}, {"s", ""}} {
		if _, err := Sign(bad.key, bad.origin, now); err == nil {
			t.Errorf("Sign(%q, %q) gave no error", string(bad.key), bad.origin)
		}
	}
}
