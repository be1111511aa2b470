// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// generate returns the schema made of the facts about a version's structure
// and the descriptions.
func generate(facts []byte) ([]byte, error) {
	var f struct {
		Version string         `json:"version"`
		Schema  map[string]any `json:"schema"`
	}
	d := json.NewDecoder(bytes.NewReader(facts))
	d.UseNumber()
	if err := d.Decode(&f); err != nil {
		return nil, err
	}
	g := generator{version: f.Version}
	g.schema("", f.Schema)
	if g.err != nil {
		return nil, g.err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, g.out.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

type generator struct {
	version string
	out     bytes.Buffer
	err     error
}

// lastKeys are the keywords written at the end of a schema, so that the short
// ones come first.
var lastKeys = []string{"oneOf", "items", "properties", "required", "additionalProperties", "$defs"}

// schema writes a schema. Its path is "" for the report, "test" for
// a definition or a property of the report, "test.path" for a property of that,
// and so on; "-" for a schema without a description of its own.
func (g *generator) schema(path string, schema map[string]any) {
	first := true
	add := func(name string, value any) {
		if !first {
			g.out.WriteByte(',')
		}
		first = false
		g.json(name)
		g.out.WriteByte(':')
		g.value(path, name, value)
	}
	g.out.WriteByte('{')
	if path == "" {
		add("$schema", "http://json-schema.org/draft-07/schema#")
	}
	if path != "-" {
		about, i := find(path, g.version)
		if i < 0 {
			g.err = fmt.Errorf("%q has no description", path)
			return
		}
		title := about.title
		if path == "" {
			title += ", version " + g.version
		}
		add("title", title)
		add("description", about.text)
		if about.example != "" {
			major, minor, _ := strings.Cut(g.version, ".")
			example := strings.NewReplacer("MAJOR", major, "MINOR", minor).Replace(about.example)
			add("examples", []any{json.RawMessage(example)})
		}
	}
	keys := slices.SortedFunc(maps.Keys(schema), func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(lastKeys, a), slices.Index(lastKeys, b)), cmp.Compare(a, b))
	})
	for _, key := range keys {
		add(key, schema[key])
	}
	g.out.WriteByte('}')
}

// value writes the value of a keyword.
func (g *generator) value(path, key string, value any) {
	switch key {
	case "properties", "$defs":
		g.schemas(path, value.(map[string]any))
	case "items":
		g.schema("-", value.(map[string]any))
	case "oneOf":
		// Only the version has alternatives, and one alternative is an object.
		g.out.WriteByte('[')
		for i, alternative := range value.([]any) {
			if i > 0 {
				g.out.WriteByte(',')
			}
			g.alternative(path, alternative.(map[string]any))
		}
		g.out.WriteByte(']')
	default:
		g.json(value)
	}
}

// alternative writes an alternative of a property; the property's description
// covers it.
func (g *generator) alternative(path string, schema map[string]any) {
	g.out.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(schema)) {
		if i > 0 {
			g.out.WriteByte(',')
		}
		g.json(key)
		g.out.WriteByte(':')
		g.value(path, key, schema[key])
	}
	g.out.WriteByte('}')
}

// schemas writes the properties of a schema, in the order of their
// descriptions. parent is the path of the schema.
func (g *generator) schemas(parent string, schemas map[string]any) {
	path := func(name string) string { return strings.TrimPrefix(parent+"."+name, ".") }
	names := slices.SortedFunc(maps.Keys(schemas), func(a, b string) int {
		_, i := find(path(a), g.version)
		_, j := find(path(b), g.version)
		return cmp.Or(cmp.Compare(i, j), cmp.Compare(a, b))
	})
	g.out.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			g.out.WriteByte(',')
		}
		g.json(name)
		g.out.WriteByte(':')
		g.schema(path(name), schemas[name].(map[string]any))
	}
	g.out.WriteByte('}')
}

func (g *generator) json(value any) {
	e := json.NewEncoder(&g.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil && g.err == nil {
		g.err = err
	}
}

// find returns the description of a path in a version, and its place among
// the descriptions, or -1.
func find(path, version string) (description, int) {
	candidates := []string{path}
	if _, property, ok := strings.Cut(path, "."); ok && !strings.Contains(property, ".") {
		candidates = append(candidates, "*."+property)
	}
	for _, candidate := range candidates {
		for i, d := range descriptions {
			if d.path == candidate && d.appliesTo(version) {
				return d, i
			}
		}
	}
	return description{}, -1
}

func (d description) appliesTo(version string) bool {
	v := number(version)
	return (d.since == "" || v >= number(d.since)) && (d.until == "" || v <= number(d.until))
}

// number returns a version as a comparable number.
func number(version string) (n int) {
	for part := range strings.SplitSeq(version, ".") {
		i, err := strconv.Atoi(part)
		if err != nil {
			panic(err)
		}
		n = n*1000 + i
	}
	return n
}
