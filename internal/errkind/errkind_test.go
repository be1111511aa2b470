// SPDX-License-Identifier: Apache-2.0

package errkind

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	full, busy := New(Full, "full"), New(Busy, "busy")
	for err, want := range map[error]Kind{
		nil:                                  Unknown,
		errors.New("other"):                  Unknown,
		full:                                 Full,
		fmt.Errorf("load: %w", full):         Full,
		fmt.Errorf("%w: %w", busy, full):     Busy,
		errors.Join(errors.New("a"), busy):   Busy,
		fmt.Errorf("load: %w", ErrNotOurs{}): Unknown,
	} {
		if got := Of(err); got != want {
			t.Errorf("%v has kind %d, want %d", err, got, want)
		}
	}
}

// ErrNotOurs is an error of another package.
type ErrNotOurs struct{}

func (ErrNotOurs) Error() string { return "not ours" }

// TestSentinelsHaveKinds reads the contracts of store and queue. A sentinel without a
// kind would be an internal error to every caller.
func TestSentinelsHaveKinds(t *testing.T) {
	for folder, least := range map[string]int{"../store": 17, "../queue": 7} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range file.Decls {
				group, ok := d.(*ast.GenDecl)
				if !ok || group.Tok != token.VAR {
					continue
				}
				for _, spec := range group.Specs {
					v := spec.(*ast.ValueSpec)
					for i, id := range v.Names {
						if !strings.HasPrefix(id.Name, "Err") {
							continue
						}
						n++
						if i >= len(v.Values) || !isNew(v.Values[i]) {
							t.Errorf("%s: %s has no kind: make it with errkind.New", name, id.Name)
						}
					}
				}
			}
		}
		if n < least {
			t.Errorf("%s: found %d sentinels, want at least %d", folder, n, least)
		}
	}
}

// isNew reports whether an expression calls errkind.New with a kind other than
// Unknown.
func isNew(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "New" {
		return false
	}
	pkg, ok := f.X.(*ast.Ident)
	if !ok || pkg.Name != "errkind" {
		return false
	}
	kind, ok := call.Args[0].(*ast.SelectorExpr)
	return ok && kind.Sel.Name != "Unknown"
}
