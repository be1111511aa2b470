// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	deploy "github.com/kcidb-go/kcidb/deploy/google"
	"github.com/kcidb-go/kcidb/internal/google/googletest"
)

// cloud PROJECT starts a Google Cloud project that has all that KCIDB needs there.
func cloud(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: cloud PROJECT")
	}
	t := ts.Value(testKey{}).(testing.TB)
	p, env := googletest.Serve(t, args[0])
	p.Complete(t, deploy.FirestoreIndexes)
	for name, value := range env {
		ts.Setenv(name, value)
	}
}
