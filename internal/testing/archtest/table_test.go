// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the name of the root package in the table.
const root = "kcidb"

// A part is a row of the table of docs/design.md. Paths are relative to the module.
type part struct {
	name    string
	folders []string // the packages of the row, and those below them without a row
	imports []string // "*" allows every package
	unused  []string // imports that no package of the row had yet
}

type parts []*part

// relative returns the path of a package as the table has it.
func relative(path string) string {
	return cmp.Or(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"), root)
}

// isBelow reports whether a package is a folder's or lies below it.
func isBelow(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// find returns the part that a package belongs to: the part with the longest folder that
// the package lies in. It returns nil if no row fits.
func (ps parts) find(path string) *part {
	var found *part
	longest := 0
	for _, p := range ps {
		for _, folder := range p.folders {
			if isBelow(path, folder) && len(folder) > longest {
				found, longest = p, len(folder)
			}
		}
	}
	return found
}

// allows reports whether the packages of the part may import a package, and notes that
// one does. Packages of a folder may import each other.
func (p *part) allows(path string) bool {
	p.unused = slices.DeleteFunc(p.unused, func(name string) bool { return name == path || name == "*" })
	return slices.Contains(p.imports, path) || slices.Contains(p.imports, "*") ||
		slices.ContainsFunc(p.folders, func(folder string) bool { return isBelow(path, folder) })
}

// readParts reads the table below "## The parts". The columns are the packages, their
// purpose and their allowed imports: names without "internal/", or "-".
func readParts(t *testing.T) parts {
	t.Helper()
	doc, err := os.ReadFile("../../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(doc), "\n## The parts\n")
	if !found {
		t.Fatal("docs/design.md has no section The parts")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var all parts
	quoted := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`") {
			continue
		}
		p := &part{name: strings.TrimSpace(cells[1])}
		for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
			p.folders = append(p.folders, existing(t, expand(m[1]))...)
		}
		if allowed := strings.TrimSpace(cells[3]); allowed == "*" {
			p.imports = []string{"*"}
		} else if allowed != "-" {
			p.imports = existing(t, expand(allowed))
		}
		p.unused = slices.Clone(p.imports)
		all = append(all, p)
	}
	if len(all) < 20 {
		t.Fatalf("read %d rows: the table is not what this test reads", len(all))
	}
	return all
}

// expand returns the names of a list such as "store, web/{api,pages}".
func expand(list string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`([^,{}\s]+)(?:\{([^}]*)\})?`).FindAllStringSubmatch(list, -1) {
		for last := range strings.SplitSeq(m[2], ",") {
			names = append(names, m[1]+strings.TrimSpace(last))
		}
	}
	return names
}

// existing returns the folders of the names in the table, with "internal/" if that is
// where they are.
func existing(t *testing.T, names []string) []string {
	t.Helper()
	var folders []string
	for _, name := range names {
		internal := "internal/" + name
		switch {
		case name == root || isFolder(name):
			folders = append(folders, name)
		case isFolder(internal):
			folders = append(folders, internal)
		default:
			t.Errorf("docs/design.md names %s, which is no folder", name)
		}
	}
	return folders
}

func isFolder(name string) bool {
	info, err := os.Stat(filepath.Join("../../..", name))
	return err == nil && info.IsDir()
}
