// SPDX-License-Identifier: Apache-2.0

// Package need is for tests that cannot run without a tool or a permission. Such a test
// is skipped at a desk and fails in CI, which has CI=true in its environment: there a
// missing tool would go unnoticed, and with it the test.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
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

// Installed returns the path of a file in this repository that a script installs, because
// no package of Debian has it. If it is missing, the test ends with the name of the script.
// Both are paths from the root of the repository.
func Installed(t testing.TB, file, script string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	// A test runs in the folder of its package. runtime.Caller would not tell the folder
	// of a program that was built with -trimpath.
	root := dir
	for ; !exists(filepath.Join(root, "go.mod")); root = filepath.Dir(root) {
		if root == filepath.Dir(root) {
			t.Fatalf("no go.mod in %s or above", dir)
		}
	}
	path := filepath.Join(root, file)
	if !exists(path) {
		Missing(t, path+" is missing: "+script+" installs it")
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
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
