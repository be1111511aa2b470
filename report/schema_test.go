// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestSchema(t *testing.T) {
	for _, v := range versions {
		if text, ok := Schema(v); !ok || !json.Valid(text) {
			t.Errorf("%v has no schema", v)
		}
	}
	if _, ok := Schema(Version{4, 6}); ok {
		t.Error("4.6 has a schema")
	}
}

// TestSchemaExamples: the examples in the schemas are valid, and read the same
// by all readers.
func TestSchemaExamples(t *testing.T) {
	for _, v := range versions {
		text, _ := Schema(v)
		c, url := newCompiler(v)
		for name, examples := range schemaExamples(t, text) {
			schema, err := c.Compile(url + "#" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, example := range examples {
				if err := schema.Validate(example); err != nil {
					t.Errorf("%v: %s: %v", v, name, err)
				}
			}
		}
	}
}

// schemaExamples returns all examples in a schema, by the JSON pointer of the
// described schema.
func schemaExamples(t *testing.T, text []byte) map[string][]any {
	t.Helper()
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	examples := make(map[string][]any)
	var walk func(path []string, value any)
	walk = func(path []string, value any) {
		schema, _ := value.(map[string]any)
		if found, ok := schema["examples"].([]any); ok {
			examples[pointer(path)] = found
		}
		for name, member := range schema {
			walk(append(slices.Clone(path), name), member)
		}
	}
	walk(nil, root)
	return examples
}
