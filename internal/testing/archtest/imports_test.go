// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const module = "github.com/kcidb-go/kcidb"

type goPackage struct {
	ImportPath string
	Imports    []string
}

// packages returns the packages of the module and their imports. Imports of tests are
// left out: a test may build the whole service.
func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

// TestImportsAreInTheTable holds the packages and the table of docs/design.md together:
// each package is in the table, each import is allowed there, and each allowed import
// exists.
func TestImportsAreInTheTable(t *testing.T) {
	parts := readParts(t)
	all := packages(t)
	for _, p := range all {
		part := parts.find(relative(p.ImportPath))
		if part == nil {
			t.Errorf("%s has no row in the table of docs/design.md: add one, and say what it is for", relative(p.ImportPath))
			continue
		}
		for _, path := range p.Imports {
			imported, ours := strings.CutPrefix(path, module)
			if imported = cmp.Or(strings.TrimPrefix(imported, "/"), root); ours && !part.allows(imported) {
				t.Errorf("%s imports %s: its row in docs/design.md does not allow that. Arrows point down; "+
					"if this one does, add the import to the row", relative(p.ImportPath), imported)
			}
		}
	}
	for _, part := range parts {
		for _, unused := range part.unused {
			t.Errorf("docs/design.md allows %s to import %s, and it does not: remove the import from the row", part.name, unused)
		}
	}
}

// TestDependenciesHaveReasons holds go.mod and docs/dependencies.md together:
// every direct dependency is in the document, and nothing else is.
func TestDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) == 2 && strings.HasPrefix(fields[1], "v") && strings.Contains(fields[0], "/") {
			required[fields[0]] = true
		}
	}
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\|$").FindAllStringSubmatch(string(doc), -1) {
		documented[m[1]] = true
	}
	for path := range required {
		if !documented[path] {
			t.Errorf("%s is required by go.mod, and docs/dependencies.md gives no reason for it", path)
		}
	}
	for path := range documented {
		if !required[path] {
			t.Errorf("docs/dependencies.md speaks of %s, which go.mod does not require", path)
		}
	}
}
