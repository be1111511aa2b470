// SPDX-License-Identifier: Apache-2.0

// Package need is for tests that cannot run without a tool or a permission. Such a test
// is skipped at a desk and fails in CI, which has CI=true in its environment: there a
// missing tool would go unnoticed, and with it the test.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Tool returns the path of a tool. If it is missing, the test ends with the package of
// Debian that has it.
func Tool(t testing.TB, tool, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		Missing(t, tool+" is missing: apt-get install "+debianPackage)
	}
	return path
}

// Missing ends the test: the reason says what is missing and how to get it.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	} else {
		t.Skip(reason)
	}
}
