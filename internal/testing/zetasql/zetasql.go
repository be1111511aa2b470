// SPDX-License-Identifier: Apache-2.0

// Package zetasql analyzes SQL in BigQuery's dialect for tests, without a project: it
// checks the syntax, and the names and types of tables, columns, functions and
// parameters. The analyzer is Google's own, in the version that PyPI has; BigQuery's
// release is newer, so a test can refuse what BigQuery has learnt since. It executes
// nothing. Limits of BigQuery, such as of subqueries that refer to other tables, are not
// its subject.
package zetasql

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// Text is an SQL text as it is sent to BigQuery: a statement, or several.
type Text struct {
	Name   string
	SQL    string
	Params map[string]string // the types of the named parameters, as "ARRAY<STRING>"
}

//go:embed check.py
var program string

// Check reports each text that BigQuery would refuse. The schema is the statements that
// create the tables and views, a view after the tables that it reads. A table named
// PROJECT.DATASET.TABLE is also known as DATASET.TABLE and as TABLE.
func Check(t testing.TB, schema []string, texts []Text) {
	t.Helper()
	var all []Text
	for _, sql := range schema {
		all = append(all, Text{Name: "schema", SQL: sql})
	}
	all = append(all, texts...)
	for i, fault := range Faults(t, all) {
		if fault != "" {
			t.Errorf("%s: %s\nin\n%s", all[i].Name, fault, all[i].SQL)
		}
	}
}

// Faults returns the first fault of each text, "" if it has none. A text may use the
// tables and views that texts before it create.
func Faults(t testing.TB, texts []Text) []string {
	t.Helper()
	compiled := need.Installed(t, "bin/zetasql/zetasql.cwasm", "scripts/zetasql")
	python := need.Installed(t, "bin/zetasql/bin/python", "scripts/zetasql")
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	for _, text := range texts {
		params := text.Params
		if params == nil {
			params = map[string]string{}
		}
		if err := encoder.Encode(map[string]any{"sql": text.SQL, "params": params}); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", program, compiled)
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("zetasql: %v\n%s", err, &stderr)
	}
	var faults []string
	for answers := json.NewDecoder(bytes.NewReader(out)); answers.More(); {
		var answer struct{ Error string }
		if err := answers.Decode(&answer); err != nil {
			t.Fatalf("zetasql: %v\n%s", err, out)
		}
		faults = append(faults, answer.Error)
	}
	if len(faults) != len(texts) {
		t.Fatalf("zetasql: %d answers for %d texts\n%s", len(faults), len(texts), &stderr)
	}
	return faults
}
