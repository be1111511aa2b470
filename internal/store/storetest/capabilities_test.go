// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCapabilities holds the list of capabilities to the interfaces of package
// store: one that is not in the list is not tried with each driver and mux.
func TestCapabilities(t *testing.T) {
	known := []string{"Store", "Reader", "Wrapper"}
	for _, c := range capabilities {
		known = append(known, c.name)
	}
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if _, ok := spec.Type.(*ast.InterfaceType); ok && !slices.Contains(known, spec.Name.Name) {
				t.Errorf("%s: the interface %s is not in the list of capabilities", name, spec.Name.Name)
			}
			return true
		})
	}
}

// TestAssertions has the program ask for capabilities with store.As, because an
// assertion misses those that a wrapper gets from the store within.
func TestAssertions(t *testing.T) {
	err := filepath.WalkDir("../../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, c := range capabilities {
			if !c.writes && strings.Contains(string(text), ".(store."+c.name+")") {
				t.Errorf("%s asserts store.%s: use store.As", name, c.name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
