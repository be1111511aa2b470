// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// mayskip are the files that skip tests for another reason than a missing tool: the
// function, and why CI does not need the test.
var mayskip = map[string]string{
	"internal/testing/need/need.go Missing":                            "fails instead if CI=true",
	"internal/store/storetest/storetest.go run":                        "the driver declares that it cannot do this",
	"internal/store/storetest/lifecycle.go errors":                     "the driver declares that its databases always have a schema",
	"internal/spool/firestore/firestoretest/emulator.go StartEmulator": "only Google has the emulator; the suite also runs on a server of our own",
	"cmd/kcidb/real_test.go realTexts":                                 "real submissions are not public",
	"internal/web/api/contract_test.go submissions":                    "real submissions are not public",
	"deploy/google_guide_test.go TestGcloudPubSub":                     "Debian has no Google Cloud CLI; the commands of kcidb run on a server of our own",
	"deploy/google_guide_test.go TestGcloudCommands":                   "Debian has no Google Cloud CLI",
	"deploy/google_test.go TestTerraformFormat":                        "Debian has no Terraform, and its provider comes from a registry of its own",
	"internal/queue/queuetest/queuetest.go needs":                      "the driver declares that it cannot do this",
	"internal/queue/pubsub/pubsubtest/emulator.go Emulator":            "Debian has no package of Google's emulator, and the suite runs on the fake as well",
}

// TestSkips finds tests that can be skipped unnoticed in CI. Allowed are tests left out
// of short runs, inputs left out of fuzzing, and the functions of mayskip. Any other
// test calls package need.
func TestSkips(t *testing.T) {
	unused := make(map[string]bool)
	for name := range mayskip {
		unused[name] = true
	}
	for _, file := range goFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../..", file), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Body == nil || !skips(f.Body) {
				continue
			}
			name := file + " " + f.Name.Name
			if _, ok := mayskip[name]; !ok {
				t.Errorf("%s can skip a test in CI: call internal/testing/need", name)
			}
			delete(unused, name)
		}
	}
	for name := range unused {
		t.Errorf("%s skips no test: remove it from mayskip", name)
	}
}

// skips reports whether code has a call of Skip that is neither in an if statement about
// testing.Short nor in a function for Fuzz.
func skips(code ast.Node) (found bool) {
	ast.Inspect(code, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			return !mentions(n.Cond, "Short")
		case *ast.CallExpr:
			if mentions(n.Fun, "Fuzz") {
				return false
			}
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, s.Sel.Name) {
				found = true
			}
		}
		return true
	})
	return found
}

// mentions reports whether an expression selects a name: testing.Short, for example.
func mentions(e ast.Expr, name string) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == name {
			found = true
		}
		return !found
	})
	return found
}

// goFiles returns the Go files of the repository that import testing.
func goFiles(t *testing.T) (files []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", "../../..", "grep", "-l", `"testing"$`, "--", "*.go").Output()
	if err != nil {
		need.Missing(t, "the files of the repository are unknown: run the tests in a clone: "+err.Error())
	}
	if files = strings.Fields(string(out)); len(files) < 100 {
		t.Fatalf("%d files with tests: this test does not see the repository", len(files))
	}
	return files
}
