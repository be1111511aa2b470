// Package auth authenticates the clients that submit reports or read private results.
//
// A client sends a JSON Web Token that names the origins it speaks for, and expires. A token
// is signed by one of two kinds of keys, and its algorithm has to be that of the kind:
//
//   - HS256, with a secret that the service and the maker of tokens share. The rules and
//     the texts of the refusals are those of the REST service that CI systems already submit
//     to: the claims "origin" and "exp" are required, "aud" is refused, "nbf" and other claims
//     are ignored, and any word may stand before the token.
//   - EdDSA, with an Ed25519 key of the service. The claims are those of HS256, and in
//     addition "origins", "roles" and "iat".
package auth

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
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

// ErrRevoked is the refusal of a token that was revoked.
const ErrRevoked = refusal("RevokedToken")

// leeway is how long a token is still accepted after it expired, because
// clocks differ.
const leeway = 60 * time.Second

// Checker checks the tokens of requests. The zero Checker accepts every
// request. All methods may be called concurrently.
type Checker struct {
	// Primary is the secret of tokens signed by HS256. It may be nil: such tokens are then
	// refused. Tokens of a secret that was replaced are refused.
	Primary secret.Source
	// Unified is a second secret, tried if the primary fails. May be nil.
	Unified secret.Source
	// Keys returns the keys of tokens signed by EdDSA. It may be nil: such tokens are then
	// refused. Authentication is off if Primary is nil, too.
	Keys func() *Keys
	// Revoked reports whether the token with an ID was revoked. It is asked for each
	// request. May be nil.
	Revoked func(ctx context.Context, id string) bool
	// Now is the clock. The default is time.Now.
	Now func() time.Time

	verified verified
}

// Enabled reports whether requests need a token.
func (c *Checker) Enabled() bool { return c.Primary != nil || c.Keys != nil }

// Token returns the token in the header. Its errors are texts for the sender. While
// authentication is off, every request has all roles.
func (c *Checker) Token(ctx context.Context, h http.Header) (Token, error) {
	t, err := c.Verified(h)
	return c.unrevoked(ctx, t, err)
}

// Verified does what Token does, but does not ask whether the token was revoked.
func (c *Checker) Verified(h http.Header) (Token, error) {
	if !c.Enabled() {
		return everyone, nil
	}
	text, err := bearer(h)
	if err != nil {
		return Token{}, err
	}
	return c.Verify(text)
}

// everyone is the token of each request while authentication is off.
var everyone = Token{Origins: []string{noOrigin}, Roles: AllRoles}

// Check returns the token that a text is, if it is valid now. Its errors are texts for the
// sender.
func (c *Checker) Check(ctx context.Context, text string) (Token, error) {
	t, err := c.Verify(text)
	return c.unrevoked(ctx, t, err)
}

// unrevoked returns a token and the error of its check, or ErrRevoked.
func (c *Checker) unrevoked(ctx context.Context, t Token, err error) (Token, error) {
	if err == nil && t.ID != "" && c.Revoked != nil && c.Revoked(ctx, t.ID) {
		return Token{}, ErrRevoked
	}
	return t, err
}

// Verify does what Check does, but does not ask whether the token was revoked.
func (c *Checker) Verify(text string) (Token, error) {
	s := c.signers()
	if t, found := c.verified.get(s, text); found && !c.expired(t.Expires) {
		return t, nil
	}
	t, err := c.verify(text, s.primary, s.keys)
	if err != nil && s.unified != "" {
		if again, againErr := c.verify(text, s.unified, nil); againErr == nil {
			t, err = again, nil
		}
	}
	if err == nil {
		c.verified.put(s, text, t)
	}
	return t, err
}

// signers are all that may sign tokens at present. Without a secret it is "".
type signers struct {
	primary, unified secret.Text
	keys             *Keys
}

func (c *Checker) signers() (s signers) {
	if c.Primary != nil {
		s.primary = c.Primary()
	}
	if c.Unified != nil {
		s.unified = c.Unified()
	}
	if c.Keys != nil {
		s.keys = c.Keys()
	}
	return s
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

// The algorithms, which say the kind of key.
const (
	hmac  = "HS256"
	edDSA = "EdDSA"
)

// verify returns the token that a text is, if the secret or one of the keys signed it. There
// is no secret if it is "", and there are no keys if they are nil.
//
// The library checks only the signature: its rules for claims check nbf, and
// cannot require an origin.
func (c *Checker) verify(text string, key secret.Text, keys *Keys) (Token, error) {
	allowed := []string{}
	if key != "" {
		allowed = append(allowed, hmac)
	}
	if keys != nil {
		allowed = append(allowed, edDSA)
	}
	parsed, err := jwt.Parse(text,
		func(t *jwt.Token) (any, error) {
			if t.Method.Alg() == edDSA {
				return keys.verifying, nil
			}
			return []byte(key), nil
		},
		jwt.WithValidMethods(allowed), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	switch {
	case err == nil:
		return c.token(text, parsed)
	case parsed != nil && parsed.Header["alg"] != nil && !isOneOf(parsed.Header["alg"], allowed):
		return Token{}, refusal("InvalidAlgorithm")
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return Token{}, refusal("InvalidSignature")
	}
	return Token{}, refusal("InvalidToken")
}

func isOneOf(value any, texts []string) bool {
	text, is := value.(string)
	return is && slices.Contains(texts, text)
}

// token checks the claims of a token whose signature is good.
func (c *Checker) token(text string, parsed *jwt.Token) (Token, error) {
	claims := parsed.Claims.(jwt.MapClaims)
	t := Token{ID: ID(text), Roles: Roles{Submit, Issue}}
	origin, err := originClaim(claims)
	if err != nil {
		return Token{}, err
	}
	t.Origins = []string{origin}
	if t.Expires, err = expiryClaim(claims); err != nil {
		return Token{}, err
	}
	if c.expired(t.Expires) {
		return Token{}, refusal("ExpiredSignature")
	}
	if _, found := claims["aud"]; found {
		return Token{}, refusal("InvalidAudience")
	}
	if parsed.Method.Alg() == edDSA {
		err = t.addOwn(claims)
	}
	return t, err
}

func originClaim(claims jwt.MapClaims) (string, error) {
	claim, found := claims["origin"]
	origin, isText := claim.(string)
	switch {
	case !found:
		return "", refusal("JSON error: missing field `origin`")
	case !isText:
		return "", refusal("JSON error: field `origin` is not a string")
	}
	return origin, nil
}

// latest is the last second of the year 9999.
const latest = 253402300799

// expiryClaim returns the time of the claim "exp", cut to a whole second. A time after the
// year 9999 becomes its end.
func expiryClaim(claims jwt.MapClaims) (time.Time, error) {
	exp, found := claims["exp"]
	if !found {
		return time.Time{}, refusal("Missing required claim: exp")
	}
	number, isNumber := exp.(json.Number)
	seconds, err := number.Float64()
	if !isNumber || err != nil {
		return time.Time{}, refusal("InvalidClaimFormat: exp")
	}
	return time.Unix(int64(max(0, min(math.Floor(seconds), latest))), 0).UTC(), nil
}

func (c *Checker) expired(at time.Time) bool { return at.Unix() < c.now().Add(-leeway).Unix() }

func (c *Checker) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}
