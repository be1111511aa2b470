// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCapabilities compares the list of capabilities with the interfaces of package
// store: storetest would not try an interface that is missing from the list.
func TestCapabilities(t *testing.T) {
	known := []string{"store.Sink", "store.Reader", "store.Wrapper"}
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
			if _, ok := spec.Type.(*ast.InterfaceType); ok && !slices.Contains(known, "store."+spec.Name.Name) {
				t.Errorf("%s: the interface %s is not in the list of capabilities", name, spec.Name.Name)
			}
			return true
		})
	}
}

// TestAssertions requires store.As for all capabilities but RoleMaker, because a type
// assertion misses a capability that a wrapper gets from the database within.
func TestAssertions(t *testing.T) {
	assertion := regexp.MustCompile(`\.\((store\.(Store|Lagger|Reader)|sqldb\.Source)\)`)
	err := filepath.WalkDir("../../..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".go" {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if found := assertion.Find(text); found != nil && !strings.HasSuffix(name, "capabilities_test.go") {
			t.Errorf("%s asserts %s: use store.As", name, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
