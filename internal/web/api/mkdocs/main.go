// SPDX-License-Identifier: Apache-2.0

// Command mkdocs writes the operations of the API into a page of the documentation,
// between two marks. It takes them from the API's OpenAPI document.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/api"
)

const (
	begin = "<!-- begin: written by internal/web/api/mkdocs -->\n"
	end   = "<!-- end -->\n"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: mkdocs FILE")
	}
	if err := write(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func write(file string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !ok || !ended {
		return fmt.Errorf("%s: the marks to write between are missing", file)
	}
	text, err := operations()
	if err != nil {
		return err
	}
	return os.WriteFile(file, slices.Concat(before, []byte(begin+text+end), after), 0o644)
}

// document has the parts of the OpenAPI document that the page needs.
type document struct {
	Paths map[string]map[string]operation
}

type operation struct {
	Tags        []string
	Summary     string
	Description string
	Parameters  []parameter
}

type parameter struct {
	Name, In, Description string
	Required              bool
}

// operations returns tables of the operations, one for each group, and the list of
// filters.
func operations() (string, error) {
	a := api.New(api.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", "/api/schema", nil))
	var d document
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		return "", err
	}
	groups := make(map[string][]string)
	filters := make(map[string]string)
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			o := d.Paths[path][method]
			answer := strings.ReplaceAll(cmp.Or(o.Description, o.Summary), "|", "\\|")
			row := fmt.Sprintf("| `%s %s` | %s | %s |", strings.ToUpper(method), path, o.parameters(filters), answer)
			groups[o.Tags[0]] = append(groups[o.Tags[0]], row)
		}
	}
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(&out, "\n### %s\n\n| path | parameters | answer |\n| --- | --- | --- |\n%s\n", name, strings.Join(groups[name], "\n"))
	}
	out.WriteString("\n### Filters\n\nA repeated filter accepts any of its values. A property that an object does not have counts as Unknown. To compare\n" +
		"numbers, append `_[gte]`, `_[lte]`, `_[gt]` or `_[lt]` to the name. In bodies, filters are lists by the same names.\n\n")
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		fmt.Fprintf(&out, "- `%s`: %s\n", name, filters[name])
	}
	out.WriteString("\n")
	return out.String(), nil
}

// parameters returns the parameters of an operation, and adds its filters to a map.
func (o operation) parameters(filters map[string]string) string {
	var names []string
	filtered := false
	for _, p := range o.Parameters {
		switch {
		case p.In == "path":
		case strings.HasPrefix(p.Name, "filter_"):
			filtered, filters[p.Name] = true, p.Description
		case p.Required:
			names = append(names, "**"+p.Name+"**")
		default:
			names = append(names, p.Name)
		}
	}
	if filtered {
		names = append(names, "[filters](#filters)")
	}
	return strings.Join(names, ", ")
}
