// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatsAreTested holds docs/security.md to the tests there are: each row of
// a threat names at least one, and each that is named exists.
func TestThreatsAreTested(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("`([a-z/0-9]+)` ((?:(?:Test|Fuzz)\\w+(?:/\\w+)?(?:, )?)+)")
	rows := 0
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.HasPrefix(cells[1], " threat") || strings.HasPrefix(cells[1], " ---") {
			continue
		}
		rows++
		named := shown.FindAllStringSubmatch(cells[3], -1)
		if len(named) == 0 {
			t.Errorf("no test is named for this threat: %s", cells[1])
		}
		for _, n := range named {
			for test := range strings.SplitSeq(n[2], ", ") {
				if test != "" && !hasTest(t, n[1], test) {
					t.Errorf("%s has no test %s, which docs/security.md names", n[1], test)
				}
			}
		}
	}
	if rows < 20 {
		t.Errorf("found %d threats: the tables are not what this test reads", rows)
	}
}

// hasTest reports whether the package in a folder has a test of a name. Of a
// driver's test, the part behind the slash is a case of the suite that it runs.
func hasTest(t *testing.T, folder, name string) bool {
	name, part, _ := strings.Cut(name, "/")
	return hasText(t, filepath.Join("../../..", folder, "*_test.go"), "\nfunc "+name+"(") &&
		(part == "" || hasText(t, "../../store/storetest/storetest.go", `{"`+part+`", `))
}

func hasText(t *testing.T, pattern, want string) bool {
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), want) {
			return true
		}
	}
	return false
}
