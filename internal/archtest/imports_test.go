// SPDX-License-Identifier: Apache-2.0

package archtest

import (
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

// A rule says that the packages below one folder do not import those below
// another.
type rule struct {
	from, to string
	why      string
}

// Folders are relative to the module; "" is the root package, "..." all.
var rules = []rule{
	{"report", "internal", "report is public vocabulary: anybody can use it without our engines"},
	{"report", "", "the client is built on reports, not the other way round"},
	{"internal/store", "internal/queue", "a store keeps objects; how they came is no business of it"},
	{"internal/store", "internal/web", "arrows point down: pages ask the store"},
	{"internal/store", "internal/ingest", "arrows point down: the loader calls the store"},
	{"internal/queue", "internal/store", "a queue carries submissions without looking into them"},
	{"internal/queue", "report", "a queue carries submissions without looking into them"},
	{"internal/ingest", "internal/web", "arrows point down: the door shows what the loader did"},
	{"object", "internal", "objects are public vocabulary: anybody can use it without our engines"},
	{"object", "", "the client is built on objects, not the other way round"},
	{"report", "object", "objects are made of reports, not the other way round"},
	{"internal/store/spool", "internal", "the spool is tables in a database, whichever it is"},
	{"internal/store/rollup", "internal/store/sqlite", "roll-ups are SQL that all databases have, and know no driver"},
	{"internal/store/rollup", "internal/store/postgres", "roll-ups are SQL that all databases have, and know no driver"},
	{"internal/store/rollup", "internal/web", "arrows point down: pages show roll-ups"},
	{"internal/store/rollup", "internal/graph", "roll-ups count what is in tables, and need no views of it"},
	{"internal/treenames", "internal", "a tree's name is a line in a file"},
	{"internal/treenames", "report", "a tree's name is a line in a file"},
	{"internal/web/api", "internal/notify", "answers are of objects, whoever is told of them"},
	{"internal/notify/mail", "internal/notify", "a mail is a mail, whatever it is about"},
	{"internal/notify/mail", "internal/store", "a mail is a mail, whatever it is about"},
	{"internal/notify/webhook", "internal/store", "a call is a call, whatever it is about"},
	{"internal/graph", "internal/web", "arrows point down: pages show views"},
	{"internal/graph", "internal/store/sqlite", "views know the contract of a store, never a driver"},
	{"internal/graph", "internal/store/postgres", "views know the contract of a store, never a driver"},
	{"internal/describe", "internal/notify", "the words are the same for mails, pages and commands"},
	{"internal/notify/subscription", "internal/notify", "rules are asked; who asks is no business of theirs"},
	{"internal/notify/subscription", "internal/store/spool", "rules keep nothing"},
	{"internal/notify", "internal/web", "arrows point down: pages show what was notified"},
	{"internal/notify", "internal/ingest", "the list of changes is all that notifying knows of loading"},
	{"internal/notify", "internal/store/sqlite", "notifying knows the contract of a store, never a driver"},
	{"internal/notify", "internal/store/postgres", "notifying knows the contract of a store, never a driver"},
	{"internal/store", "internal/notify", "a store keeps the spool; what is in it is no business of it"},
	{"internal/auth", "internal", "who may do what is decided without asking the engines"},
	{"internal/auth", "report", "who may do what is decided without looking into reports"},
	{"internal/web", "internal/store/sqlite", "pages know the contract of a store, never a driver"},
	{"internal/web", "internal/store/postgres", "pages know the contract of a store, never a driver"},
	{"internal/ingest", "internal/store/sqlite", "the loader knows the contract of a store, never a driver"},
	{"internal/ingest", "internal/store/postgres", "the loader knows the contract of a store, never a driver"},
	{"internal/store/postgres", "internal/store/sqlite", "a driver knows nothing of another"},
	{"internal/store/sqlite", "internal/store/postgres", "a driver knows nothing of another"},
	{"internal/ingest", "internal/queue/jetstream", "the loader knows the contract of a queue, never a driver"},
	{"...", "cmd", "commands wire packages together; nothing is built on them"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// packages returns the packages of the module with what they import, tests
// left out: a test may build the whole house.
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

// below says whether a package of the module lies in the folder.
func below(path, folder string) bool {
	path, ours := strings.CutPrefix(path, module)
	if !ours {
		return false
	}
	path = strings.TrimPrefix(path, "/")
	switch folder {
	case "...":
		return true
	case "":
		return path == ""
	}
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func TestArrowsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		for _, r := range rules {
			if !below(p.ImportPath, r.from) || below(p.ImportPath, r.to) {
				continue
			}
			for _, imported := range p.Imports {
				if below(imported, r.to) && !below(imported, r.from) || r.from == "..." && below(imported, r.to) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, r.why)
				}
			}
		}
	}
}

// TestDependenciesHaveReasons holds go.mod and docs/dependencies.md together:
// every direct dependency is in the document, and nothing else is.
func TestDependenciesHaveReasons(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../docs/dependencies.md")
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
