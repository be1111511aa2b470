// SPDX-License-Identifier: Apache-2.0

package google

import (
	"os"
	"strings"

	"cloud.google.com/go/auth/credentials"
)

// keyVariable is the environment variable with the path of a key file.
const keyVariable = "GOOGLE_APPLICATION_CREDENTIALS"

// holdsKey reports whether an error has the content of a key file: that of a variable that
// should have had its path, which the library quotes.
func holdsKey(err error) bool {
	path := os.Getenv(keyVariable)
	return strings.Contains(path, "{") && strings.Contains(err.Error(), path)
}

// adviceOnCredentials returns what to do about an error of credentials, or "" if err is
// another error. The library has no type for its errors of credentials, so the key file is
// read again to compare.
func adviceOnCredentials(err error) string {
	text := err.Error()
	if strings.Contains(text, "could not find default credentials") {
		return login
	}
	if os.Getenv(keyVariable) == "" {
		return ""
	}
	_, fault := credentials.DetectDefault(&credentials.DetectOptions{Scopes: []string{scope}})
	if fault != nil && strings.Contains(text, fault.Error()) || strings.Contains(text, "credentials: could not parse key") {
		return keyVariable + " must be the path of a key file that is complete"
	}
	return ""
}
