// SPDX-License-Identifier: Apache-2.0

package secrets

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

// reference says where a secret is kept. The zero reference is no reference.
type reference struct {
	scheme string
	name   string
}

// The schemes of references.
const (
	schemeFile       = "file"
	schemeEnv        = "env"
	schemeCredential = "credential"
	schemeGoogle     = "gcp-secret"
)

var (
	googleName     = lazyregexp.New(`^projects/[a-z0-9][a-z0-9.:-]*/secrets/[A-Za-z0-9_-]{1,255}(/versions/[A-Za-z0-9_-]+)?$`)
	credentialName = lazyregexp.New(`^[A-Za-z0-9_@-][A-Za-z0-9._@-]*$`)
	variableName   = lazyregexp.New(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// parse returns the reference in the value of a key, or the zero reference if the value is
// the secret itself. Errors do not show the value, which may be a secret.
func parse(value secret.Text) (reference, error) {
	scheme, name, found := strings.Cut(string(value), ":")
	if !found {
		return reference{}, nil
	}
	r := reference{scheme, name}
	switch scheme {
	case schemeFile:
		if name == "" || strings.ContainsRune(name, 0) {
			return reference{}, errors.New("expected file:PATH")
		}
	case schemeEnv:
		if !variableName().MatchString(name) {
			return reference{}, errors.New("expected env:NAME, with the name of an environment variable")
		}
	case schemeCredential:
		if !credentialName().MatchString(name) {
			return reference{}, errors.New("expected credential:NAME, with the name of a credential of systemd")
		}
	case schemeGoogle:
		if !googleName().MatchString(name) {
			return reference{}, errors.New("expected gcp-secret:projects/PROJECT/secrets/SECRET[/versions/VERSION]")
		}
		if !strings.Contains(name, "/versions/") {
			r.name += "/versions/latest"
		}
	default:
		return reference{}, nil
	}
	return r, nil
}

// Check returns an error if the value of a key begins like a reference and is not a reference.
func Check(value secret.Text) error {
	_, err := parse(value)
	return err
}

// Refers reports whether the value of a key is a reference.
func Refers(value secret.Text) bool {
	r, err := parse(value)
	return err == nil && r != reference{}
}

// Google returns the project and the name of the secret in Secret Manager that the value of
// a key refers to. It returns false if the value is no such reference.
func Google(value secret.Text) (project, name string, ok bool) {
	r, err := parse(value)
	if err != nil || r.scheme != schemeGoogle {
		return "", "", false
	}
	parts := strings.Split(r.name, "/") // projects/PROJECT/secrets/SECRET/versions/VERSION
	return parts[1], parts[3], true
}

// String returns the reference as it is written in a configuration.
func (r reference) String() string { return fmt.Sprintf("%s:%s", r.scheme, r.name) }
