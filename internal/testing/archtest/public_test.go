// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// public are the folders of the packages that other modules import.
var public = []string{".", "local", "object", "report"}

// TestPublicPackagesHaveNoVariables finds exported variables, which an importer could
// change for the whole program. Errors made by errors.New are allowed, by custom.
func TestPublicPackagesHaveNoVariables(t *testing.T) {
	for _, folder := range public {
		files, err := filepath.Glob(filepath.Join("../../..", folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", folder, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range variables(parsed) {
				t.Errorf("%s exports the variable %s: make it a function or a constant", file, name)
			}
		}
	}
}

// variables returns the names of the exported variables of a file, without errors.
func variables(file *ast.File) []string {
	var found []string
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.VAR {
			continue
		}
		for _, s := range decl.Specs {
			spec := s.(*ast.ValueSpec)
			for i, name := range spec.Names {
				if name.IsExported() && !(i < len(spec.Values) && isNewError(spec.Values[i])) {
					found = append(found, name.Name)
				}
			}
		}
	}
	return found
}

// isNewError reports whether an expression is a call of errors.New.
func isNewError(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := f.X.(*ast.Ident)
	return ok && pkg.Name == "errors" && f.Sel.Name == "New"
}

// TestClientLinksNoEngine lists the packages that the HTTP client brings into a program:
// no engine, and no internal package.
func TestClientLinksNoEngine(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.Lines(string(out)) {
		for _, unwanted := range []string{module + "/internal", module + "/local", "modernc.org", "github.com/nats-io", "github.com/jackc"} {
			if strings.HasPrefix(path, unwanted) {
				t.Errorf("package kcidb links %s", path)
			}
		}
	}
}
