// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

// newKey returns a new key as PEM, and its keys.
func newKey(t *testing.T) (private secret.Text, public string, keys *Keys) {
	t.Helper()
	private, public, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if keys, err = ParseKeys(private); err != nil {
		t.Fatal(err)
	}
	return private, public, keys
}

func (k *Keys) signed(t *testing.T, token Token) string {
	t.Helper()
	text, err := k.Sign(token, now)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func withKeys(keys *Keys) *Checker {
	return &Checker{Keys: func() *Keys { return keys }, Now: func() time.Time { return now }}
}

var hourly = Token{Origins: []string{"ci", "lab"}, Roles: Roles{Submit, Read}, Expires: now.Add(time.Hour)}

func TestOwnToken(t *testing.T) {
	_, public, keys := newKey(t)
	verifiers, err := ParseKeys(secret.Text(public))
	if err != nil {
		t.Fatal(err)
	}
	text := keys.signed(t, hourly)
	want := hourly
	want.ID = ID(text)
	for name, c := range map[string]*Checker{"private": withKeys(keys), "public": withKeys(verifiers)} {
		for range 2 { // the second time it is remembered
			if got, err := c.Check(t.Context(), text); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: got %v, %v, want %v", name, got, err, want)
			}
		}
	}
	if _, err := verifiers.Sign(hourly, now); err == nil || verifiers.CanSign() {
		t.Error("a public key signs")
	}
	for _, bad := range []Token{{Origins: hourly.Origins}, {Roles: hourly.Roles}} {
		if _, err := keys.Sign(bad, now); err == nil {
			t.Errorf("Sign(%v) gave no error", bad)
		}
	}
}

// TestConfusion: the algorithm of a token fits the kind of the key, so that the public key of
// a service cannot be used as a secret.
func TestConfusion(t *testing.T) {
	_, public, keys := newKey(t)
	_, _, others := newKey(t)
	claims := jwt.MapClaims{"origin": "ci", "origins": []string{"ci"}, "roles": []string{"admin"}, "exp": now.Add(time.Hour).Unix()}
	der, _ := pem.Decode([]byte(public))
	raw := []byte(keys.verifying.Keys[0].(ed25519.PublicKey))
	good := keys.signed(t, hourly)
	both := withKeys(keys)
	both.Primary = secret.Fixed("s")
	for _, test := range []struct {
		name    string
		checker *Checker
		text    string
		refusal string
	}{
		{"public key as a secret, PEM", withKeys(keys), token(t, jwt.SigningMethodHS256, public, claims), "InvalidAlgorithm"},
		{"public key as a secret, DER", both, token(t, jwt.SigningMethodHS256, string(der.Bytes), claims), "InvalidSignature"},
		{"public key as a secret, raw", both, token(t, jwt.SigningMethodHS256, string(raw), claims), "InvalidSignature"},
		{"empty secret", withKeys(keys), token(t, jwt.SigningMethodHS256, "", claims), "InvalidAlgorithm"},
		{"none", both, token(t, jwt.SigningMethodNone, "", claims), "InvalidAlgorithm"},
		{"HS512", both, token(t, jwt.SigningMethodHS512, "s", claims), "InvalidAlgorithm"},
		{"EdDSA without keys", &Checker{Primary: secret.Fixed("s")}, good, "InvalidAlgorithm"},
		{"EdDSA with a unified secret", &Checker{Primary: secret.Fixed("s"), Unified: secret.Fixed("u")}, good, "InvalidAlgorithm"},
		{"another key", withKeys(others), good, "InvalidSignature"},
		{"header replaced", both, "eyJhbGciOiJIUzI1NiJ9" + good[strings.IndexByte(good, '.'):], "InvalidSignature"},
		{"header in small letters", both, "eyJhbGciOiJlZGRzYSJ9" + good[strings.IndexByte(good, '.'):], "InvalidAlgorithm"},
		{"claims replaced", both, strings.Replace(good, ".", ".e30", 1), "InvalidSignature"},
		{"signature cut", both, good[:len(good)-4], "InvalidSignature"},
		{"no signature", both, good[:strings.LastIndexByte(good, '.')+1], "InvalidSignature"},
		{"nonsense", both, "a.b.c", "InvalidToken"},
	} {
		got, err := test.checker.Check(t.Context(), test.text)
		if err == nil || err.Error() != test.refusal {
			t.Errorf("%s: got %v, %v, want %s", test.name, got, err, test.refusal)
		}
	}
}

// TestOwnClaims reads claims of tokens of our keys, good and bad.
func TestOwnClaims(t *testing.T) {
	_, _, keys := newKey(t)
	hour := now.Add(time.Hour).Unix()
	for _, test := range []struct {
		claims  jwt.MapClaims
		origins []string
		roles   string
		refusal string
	}{
		{jwt.MapClaims{"origin": "ci", "exp": hour}, []string{"ci"}, "", ""},
		{jwt.MapClaims{"origin": "ci", "exp": hour, "roles": []string{"read", "later"}}, []string{"ci"}, "read", ""},
		{jwt.MapClaims{"origin": "ci", "exp": hour, "roles": "submit"}, nil, "", "JSON error: field `roles` is not a list"},
		{jwt.MapClaims{"origin": "ci", "exp": hour, "origins": []any{1}}, nil, "", "JSON error: field `origins` has an element that is not a string"},
		{jwt.MapClaims{"exp": hour, "origins": []string{"ci"}}, nil, "", "JSON error: missing field `origin`"},
		{jwt.MapClaims{"origin": "ci", "origins": []string{"ci"}}, nil, "", "Missing required claim: exp"},
		{jwt.MapClaims{"origin": "ci", "exp": now.Unix() - 61}, nil, "", "ExpiredSignature"},
	} {
		text, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, test.claims).SignedString(keys.signing)
		if err != nil {
			t.Fatal(err)
		}
		got, err := withKeys(keys).Check(t.Context(), text)
		refusal := ""
		if err != nil {
			refusal = err.Error()
		}
		if refusal != test.refusal || err == nil && (!reflect.DeepEqual(got.Origins, test.origins) || got.Roles.String() != test.roles) {
			t.Errorf("%v: got %v, %q", test.claims, got, refusal)
		}
	}
	// Only tokens of our keys have roles.
	c := &Checker{Primary: secret.Fixed("s"), Now: func() time.Time { return now }}
	old := token(t, jwt.SigningMethodHS256, "s", jwt.MapClaims{"origin": "ci", "exp": hour, "origins": []string{"lab"}, "roles": []string{"admin"}})
	if got, err := c.Check(t.Context(), old); err != nil || got.Roles.String() != "submit,issue" || len(got.Origins) != 1 || got.Origin() != "ci" {
		t.Errorf("a token of a secret: got %v, %v", got, err)
	}
}

// TestRotation: while two keys are live, tokens of both are good, and the first one signs.
func TestRotation(t *testing.T) {
	oldKey, oldPublic, old := newKey(t)
	newPrivate, _, _ := newKey(t)
	file := oldKey
	keys, err := KeysOf(func() secret.Text { return file }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := &Checker{Keys: keys, Now: func() time.Time { return now }}
	oldToken := old.signed(t, hourly)
	is := func(step, text string, good bool) {
		t.Helper()
		if _, err := c.Check(t.Context(), text); (err == nil) != good {
			t.Errorf("%s: %v", step, err)
		}
	}
	is("before", oldToken, true)
	file = newPrivate + secret.Text(oldPublic)
	newToken := keys().signed(t, hourly)
	if newToken == oldToken {
		t.Error("the old key signs")
	}
	is("both, old", oldToken, true)
	is("both, new", newToken, true)
	file = "nonsense"
	is("nonsense, old", oldToken, true)
	is("nonsense, new", newToken, true)
	file = newPrivate
	is("after, old", oldToken, false)
	is("after, new", newToken, true)
}

// TestRevoked: a revoked token is refused at once, however its signature is written.
func TestRevoked(t *testing.T) {
	_, _, keys := newKey(t)
	revoked := map[string]bool{}
	c := withKeys(keys)
	c.Primary = secret.Fixed("s")
	c.Revoked = func(_ context.Context, id string) bool { return revoked[id] }
	for _, text := range []string{keys.signed(t, hourly), token(t, jwt.SigningMethodHS256, "s", jwt.MapClaims{"origin": "ci", "exp": now.Unix()})} {
		// The last character has bits that are not looked at.
		last := strings.IndexByte(alphabet, text[len(text)-1])
		other := text[:len(text)-1] + alphabet[last^1:last^1+1]
		for _, spelled := range []string{text, other} {
			if _, err := c.Check(t.Context(), spelled); err != nil {
				t.Errorf("before: %v", err)
			}
		}
		revoked[ID(text)] = true
		for _, spelled := range []string{text, other} {
			if _, err := c.Check(t.Context(), spelled); err != ErrRevoked {
				t.Errorf("after: %v", err)
			}
		}
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// TestRememberedTokenExpires: a token that was verified before is refused when it expires.
func TestRememberedTokenExpires(t *testing.T) {
	_, _, keys := newKey(t)
	at := now
	c := &Checker{Keys: func() *Keys { return keys }, Now: func() time.Time { return at }}
	text := keys.signed(t, hourly)
	if _, err := c.Check(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	at = now.Add(time.Hour + leeway + time.Second)
	if _, err := c.Check(t.Context(), text); err == nil || err.Error() != "ExpiredSignature" {
		t.Errorf("got %v", err)
	}
}

// TestFewTokensAreRemembered: the memory for verified tokens is bounded.
func TestFewTokensAreRemembered(t *testing.T) {
	c := &Checker{Primary: secret.Fixed("s"), Now: func() time.Time { return now }}
	for i := range maxVerified + 10 {
		text, err := Sign("s", fmt.Sprint("ci", i), now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Check(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.verified.tokens); n > maxVerified {
		t.Errorf("%d tokens are remembered", n)
	}
}

func TestParseKeys(t *testing.T) {
	private, public, _ := newKey(t)
	other, err := ecdsa.GenerateKey(elliptic.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, text, fault string
	}{
		{"one", string(private), ""},
		{"words between", "old:\n" + public + "\nnew:\n" + string(private), ""},
		{"none", "secret", "no key"},
		{"ECDSA", string(pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der})), "key 1: not an Ed25519 key"},
		{"certificate", public + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), `key 2: a block "CERTIFICATE"`},
		{"too many", strings.Repeat(public, maxKeys+1), "17 keys"},
	} {
		_, err := ParseKeys(secret.Text(test.text))
		if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
			t.Errorf("%s: %v, want %q", test.name, err, test.fault)
		}
	}
	if _, err := KeysOf(secret.Fixed("secret"), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a service starts without a key")
	}
}

func TestRoles(t *testing.T) {
	roles, err := ParseRoles("submit, read,submit")
	if err != nil || roles.String() != "submit,read" || !roles.Has(Read) || roles.Has(Issue) || roles.Has(Admin) {
		t.Errorf("got %v, %v", roles, err)
	}
	if !(Roles{Admin}).Has(Submit) {
		t.Error("an administrator may not submit")
	}
	for _, bad := range []string{"", "root", "submit;read"} {
		if _, err := ParseRoles(bad); err == nil {
			t.Errorf("ParseRoles(%q) gave no error", bad)
		}
	}
}

func TestIsOrigin(t *testing.T) {
	for name, want := range map[string]bool{"ci": true, "red_hat2": true, "": false, "a,b": false, "CI": false, "é": false, "a b": false} {
		if IsOrigin(name) != want {
			t.Errorf("IsOrigin(%q) = %v", name, !want)
		}
	}
}
