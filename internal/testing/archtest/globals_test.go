// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// setters are the places that may set variables of other packages, with reasons.
var setters = map[string]string{
	"internal/queue/jetstream/embedded_test.go os.Stdout": "checks that NATS prints nothing",
	"internal/queue/jetstream/embedded_test.go os.Stderr": "checks that NATS prints nothing",
}

// TestNoVariableOfOthersIsSet finds code that sets a variable of another package, such as
// time.Local. Goroutines that libraries start read such variables at any time.
func TestNoVariableOfOthersIsSet(t *testing.T) {
	unused := make(map[string]bool)
	for place := range setters {
		unused[place] = true
	}
	for _, file := range goFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../..", file), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range foreignVariables(parsed) {
			place := file + " " + name
			if setters[place] == "" {
				t.Errorf("%s sets %s", file, name)
			}
			delete(unused, place)
		}
	}
	for place := range unused {
		t.Errorf("%s is not set: remove it from setters", place)
	}
}

// foreignVariables returns the variables of other packages that a file sets.
func foreignVariables(file *ast.File) (names []string) {
	var imported []string
	for _, i := range file.Imports {
		if i.Name != nil {
			imported = append(imported, i.Name.Name)
			continue
		}
		imported = append(imported, path.Base(strings.Trim(i.Path.Value, `"`)))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		assigned, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for _, left := range assigned.Lhs {
			s, ok := left.(*ast.SelectorExpr)
			if !ok {
				continue
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil && slices.Contains(imported, x.Name) {
				names = append(names, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return names
}
