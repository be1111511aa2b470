// SPDX-License-Identifier: Apache-2.0

// Package examples holds reports for people to learn from. The tests keep them
// right.
package examples

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/report"
)

var update = flag.Bool("update", false, "write the golden files")

// read returns the objects of all reports of a file.
func read(t *testing.T, file string) *report.Report {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := new(report.Report)
	for r, err := range report.NewReader(bytes.NewReader(text)).Reports() {
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all.Append(r)
	}
	return all
}

// TestValid shows that the examples are valid, fit together, and are explained.
func TestValid(t *testing.T) {
	files, err := filepath.Glob("*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	all := new(report.Report)
	for _, file := range files {
		r := read(t, file)
		if r.Count() == 0 {
			t.Errorf("%s has no objects", file)
		}
		all.Append(r)
		if !bytes.Contains(readme, []byte("["+file+"]("+file+")")) {
			t.Errorf("README.md does not tell what %s shows", file)
		}
	}
	known := map[string]bool{}
	for _, c := range all.Checkouts {
		known["checkout "+c.ID] = true
	}
	for _, b := range all.Builds {
		known["build "+b.ID] = true
	}
	for _, c := range all.Tests {
		known["test "+c.ID] = true
	}
	parent := func(child, list, id string) {
		if !known[list+" "+id] {
			t.Errorf("%s belongs to %s %s, which no example has", child, list, id)
		}
	}
	for _, b := range all.Builds {
		parent(b.ID, "checkout", b.CheckoutID)
	}
	for _, c := range all.Tests {
		parent(c.ID, "build", c.BuildID)
	}
	for _, in := range all.Incidents {
		parent(in.ID, "test", *in.TestID)
	}
}

// TestBroken keeps the messages about the broken example.
func TestBroken(t *testing.T) {
	text, err := os.ReadFile("broken/faults.json")
	if err != nil {
		t.Fatal(err)
	}
	_, err = report.Decode(text)
	if err == nil {
		t.Fatal("the broken report is valid")
	}
	got := err.Error() + "\n"
	if *update {
		if err := os.WriteFile("broken/faults.txt", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("broken/faults.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the faults are\n%swant\n%s", got, want)
	}
}

// TestSchemaGuide checks the guide to the schema: each block of JSON in it is a
// report.
func TestSchemaGuide(t *testing.T) {
	text, err := os.ReadFile("../docs/report-schema.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```json\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("no JSON in the guide")
	}
	for _, block := range blocks {
		block, _, closed := strings.Cut(block, "\n```")
		if !closed {
			t.Fatalf("a block does not end:\n%s", block)
		}
		if _, err := report.Decode([]byte(block)); err != nil {
			t.Errorf("%v in\n%s", err, block)
		}
	}
}
