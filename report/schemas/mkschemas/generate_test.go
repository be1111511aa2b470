// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

// eachVersion calls f with the facts and the schema of each version. There must be facts
// about each version of package report, and no others.
func eachVersion(t *testing.T, f func(t *testing.T, facts, schema []byte)) {
	names, err := filepath.Glob(filepath.Join("../..", factsDir, "v*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, v := range report.Versions() {
		want = append(want, filepath.Join("../..", factsDir, "v"+v.String()+".json"))
	}
	if slices.Sort(want); !slices.Equal(names, want) {
		t.Fatalf("there are facts about other versions than report.Versions:\n%s", cmp.Diff(want, names))
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			facts, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			schema, err := os.ReadFile(filepath.Join("../..", schemasDir, filepath.Base(name)))
			if err != nil {
				t.Fatal(err)
			}
			f(t, facts, schema)
		})
	}
}

func TestSchemasAreGenerated(t *testing.T) {
	eachVersion(t, func(t *testing.T, facts, schema []byte) {
		want, err := generate(facts)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(schema, want) {
			t.Error("differs from what is generated: run go generate ./report")
		}
	})
}

func TestSchemasHaveTheStructureOfTheFacts(t *testing.T) {
	eachVersion(t, func(t *testing.T, facts, schema []byte) {
		var want struct{ Schema any }
		if err := json.Unmarshal(facts, &want); err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(schema, &got); err != nil {
			t.Fatal(err)
		}
		strip(t, "", got, true)
		if diff := cmp.Diff(want.Schema, got); diff != "" {
			t.Error(diff)
		}
	})
}

// strip removes the descriptions from a schema. They must exist for each
// property and definition, and for the report.
func strip(t *testing.T, path string, value any, described bool) {
	schema, ok := value.(map[string]any)
	if !ok {
		return
	}
	for _, key := range []string{"title", "description"} {
		if text, _ := schema[key].(string); described && text == "" {
			t.Errorf("%q has no %s", path, key)
		}
	}
	for _, key := range []string{"$schema", "$id", "title", "description", "examples"} {
		delete(schema, key)
	}
	for _, key := range []string{"properties", "$defs"} {
		members, _ := schema[key].(map[string]any)
		for name, member := range members {
			strip(t, path+"/"+name, member, true)
		}
	}
	strip(t, path+"/items", schema["items"], false)
	alternatives, _ := schema["oneOf"].([]any)
	for _, alternative := range alternatives {
		strip(t, path, alternative, false)
	}
}

func TestDescriptionsAreUsed(t *testing.T) {
	used := make(map[string]bool)
	eachVersion(t, func(t *testing.T, _, schema []byte) {
		var value any
		if err := json.Unmarshal(schema, &value); err != nil {
			t.Fatal(err)
		}
		collect(value, used)
	})
	for _, d := range descriptions {
		if !used[d.text] {
			t.Errorf("%s (%s to %s) is in no schema", d.path, d.since, d.until)
		}
	}
}

func collect(value any, used map[string]bool) {
	members, _ := value.(map[string]any)
	for name, member := range members {
		if text, ok := member.(string); ok && name == "description" {
			used[text] = true
		}
		collect(member, used)
	}
}
