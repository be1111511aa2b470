// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Token is a token that was checked.
type Token struct {
	ID      string   // see ID; "" while authentication is off
	Origins []string // that it speaks for, at least one
	Roles   Roles
	Expires time.Time // zero while authentication is off
}

// Origin returns the first of the token's origins, which is in the log and in counts. It
// returns "" for the zero Token.
func (t Token) Origin() string {
	if len(t.Origins) == 0 {
		return ""
	}
	return t.Origins[0]
}

// Role is a right that a token gives.
type Role string

// The roles.
const (
	Submit Role = "submit" // reports of its origins; the state of submissions
	Issue  Role = "issue"  // reports of its origins that have issues and incidents only
	Read   Role = "read"   // results of private origins
	Admin  Role = "admin"  // everything
)

// Roles are the roles of a token.
type Roles []Role

// AllRoles are all roles.
var AllRoles = Roles{Submit, Issue, Read, Admin}

// Has reports whether the roles give the right of a role.
func (r Roles) Has(role Role) bool { return slices.Contains(r, role) || slices.Contains(r, Admin) }

// String returns the roles with commas between them.
func (r Roles) String() string {
	var names []string
	for _, role := range r {
		names = append(names, string(role))
	}
	return strings.Join(names, ",")
}

// ParseRoles returns the roles that a text names, with commas between them.
func ParseRoles(text string) (Roles, error) {
	var all Roles
	for name := range strings.SplitSeq(text, ",") {
		role := Role(strings.TrimSpace(name))
		if !slices.Contains(AllRoles, role) {
			return nil, fmt.Errorf("%q is not a role: expected some of %s, with commas between them", name, AllRoles)
		}
		if !slices.Contains(all, role) {
			all = append(all, role)
		}
	}
	return all, nil
}

// ID returns the ID of a token: the first 16 hexadecimal digits of the SHA-256 of its signed
// part. The signature does not count, because it can be written in several ways.
func ID(text string) string {
	signed := text
	if end := strings.LastIndexByte(text, '.'); end >= 0 {
		signed = text[:end]
	}
	sum := sha256.Sum256([]byte(signed))
	return hex.EncodeToString(sum[:8])
}

// IsID reports whether a text can be the ID of a token.
func IsID(text string) bool {
	return len(text) == 16 && !strings.ContainsFunc(text, func(c rune) bool { return (c < '0' || c > '9') && (c < 'a' || c > 'f') })
}

// LooksLikeToken reports whether a text has the parts of a token.
func LooksLikeToken(text string) bool { return strings.Count(text, ".") == 2 }

// IsOrigin reports whether a text can be the name of an origin: of lower-case letters, digits
// and underscores.
func IsOrigin(name string) bool {
	return name != "" && !strings.ContainsFunc(name, isNoOriginLetter)
}

func isNoOriginLetter(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_'
}

// addOwn takes the claims that only tokens of the service's own keys have. Roles of later
// versions are left out.
func (t *Token) addOwn(claims jwt.MapClaims) error {
	origins, err := listClaim(claims, "origins")
	if err != nil {
		return err
	}
	if len(origins) > 0 {
		t.Origins = origins
	}
	roles, err := listClaim(claims, "roles")
	if err != nil {
		return err
	}
	t.Roles = nil
	for _, name := range roles {
		if slices.Contains(AllRoles, Role(name)) {
			t.Roles = append(t.Roles, Role(name))
		}
	}
	return nil
}

// listClaim returns a claim that is a list of texts. It may be missing.
func listClaim(claims jwt.MapClaims, name string) (all []string, err error) {
	claim, found := claims[name]
	list, isList := claim.([]any)
	if found && !isList {
		return nil, refusal("JSON error: field `" + name + "` is not a list")
	}
	for _, element := range list {
		text, isText := element.(string)
		if !isText {
			return nil, refusal("JSON error: field `" + name + "` has an element that is not a string")
		}
		all = append(all, text)
	}
	return all, nil
}
