// SPDX-License-Identifier: Apache-2.0

package treenames

import (
	_ "embed" // trees.yaml
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

//go:embed trees.yaml
var shippedFile []byte

// Load returns the built-in names, changed by a file: the file adds names,
// replaces names, and removes those to which it gives the name "". Errors have
// the line of the file.
func Load(file string) (*Names, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("trees: %w", err)
	}
	names, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("trees: %s:%w", file, err)
	}
	all := Default()
	for url, name := range names {
		all.names[url] = name
	}
	return all, nil
}

// validName matches the names that are allowed. Names are part of URLs, and
// people type them.
var validName = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$`)

// read returns the names in a YAML text, by facts.RepositoryKey of their URLs. Errors
// begin with the line.
func read(text []byte) (map[string]string, error) {
	names := make(map[string]string)
	file, err := parser.ParseBytes(text, 0)
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		return nil, fmt.Errorf("%d: %s", syntax.GetToken().Position.Line, syntax.GetMessage())
	} else if err != nil {
		return nil, fmt.Errorf(" %w", err)
	}
	lines := make(map[string]int) // of the keys of names
	for i, doc := range file.Docs {
		var entries []*ast.MappingValueNode
		switch body := doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
			continue
		case *ast.MappingNode:
			entries = body.Values
		case *ast.MappingValueNode:
			entries = []*ast.MappingValueNode{body}
		default:
			return nil, fmt.Errorf("%d: expected lines of URL: NAME", body.GetToken().Position.Line)
		}
		for _, entry := range entries {
			line := entry.Key.GetToken().Position.Line
			if i > 0 {
				return nil, fmt.Errorf("%d: a second document: there must be one only", line)
			}
			url, name, err := readEntry(entry)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", line, err)
			}
			if before, ok := lines[url]; ok {
				return nil, fmt.Errorf("%d: %s has a name in line %d already", line, url, before)
			}
			names[url], lines[url] = name, line
		}
	}
	return names, nil
}

// readEntry returns the facts.RepositoryKey of an entry's URL, and its name.
func readEntry(entry *ast.MappingValueNode) (url, name string, err error) {
	k, ok := entry.Key.(*ast.StringNode)
	if !ok {
		return "", "", fmt.Errorf("expected a URL, found %s", entry.Key)
	}
	url = facts.RepositoryKey(k.Value)
	if host, path, _ := strings.Cut(url, "/"); host == "" || path == "" || strings.ContainsAny(url, " \t\n") || strings.Contains(url, "://") {
		return "", "", fmt.Errorf("expected the URL of a repository, with a host and a path, found %q", k.Value)
	}
	v, ok := entry.Value.(*ast.StringNode)
	if !ok || v.Value != "" && !validName().MatchString(v.Value) {
		return "", "", fmt.Errorf(`%s: expected a name, of letters, digits and "._+-" (in quotes, if it looks like something else), or "" for none, found %s`,
			url, entry.Value)
	}
	return url, v.Value, nil
}
