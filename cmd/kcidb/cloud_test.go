// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kcidb-go/kcidb/internal/google/googletest"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// cloud PROJECT starts a Google Cloud project with a topic for submissions and a dataset.
func cloud(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: cloud PROJECT")
	}
	p, env := googletest.Serve(ts.Value(testKey{}).(testing.TB), args[0])
	p.Topics["projects/"+p.ID+"/topics/"+names.Topic] = true
	p.Datasets[names.Dataset] = &googletest.Dataset{}
	for name, value := range env {
		ts.Setenv(name, value)
	}
}
