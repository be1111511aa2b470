// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// TestGoogleCloudGuide runs the commands of docs/google-cloud.md on test servers: the "sh"
// blocks, one after the other.
func TestGoogleCloudGuide(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long")
	}
	need.Tool(t, "bash", "bash")
	need.Tool(t, "jq", "jq")
	text, err := os.ReadFile("../../docs/google-cloud.md")
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	for _, m := range docBlock.FindAllStringSubmatch(unindent(string(text)), -1) {
		if m[1] == "sh" {
			script.WriteString(m[2])
		}
	}
	bigquerytest.Shared(t)
	t.Setenv(google.PubSubEmulator, pubsubtest.Start(t).Address)
	dir := t.TempDir()
	binary := filepath.Join(dir, "bin", "kcidb")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	report, err := os.ReadFile("../../examples/minimal.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), report, 0o600); err != nil {
		t.Fatal(err)
	}
	names := strings.NewReplacer("my-project.kcidb2", "my-project."+bigquerytest.Name(t),
		"my-project.kcidb", "my-project."+bigquerytest.Name(t))
	// The server of BigQuery has one project.
	commands := strings.ReplaceAll(names.Replace(script.String()), "my-project", bigquerytest.Project)
	shell := exec.CommandContext(t.Context(), "bash", "-c", "set -euo pipefail\n"+commands)
	shell.Dir = dir
	shell.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"), "HOME="+dir)
	if out, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nof the script:\n%s", err, out, commands)
	}
}

// TestGoogleCloudMessages checks that administrators find what to do about the errors of
// Google Cloud.
func TestGoogleCloudMessages(t *testing.T) {
	text, err := os.ReadFile("../../docs/administrator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []error{
		google.ErrCredentials, google.ErrForbidden, google.ErrProject, google.ErrNotFound, google.ErrQuota, google.ErrUnavailable,
		google.ErrConflict, store.ErrNotInitialized,
	} {
		if !strings.Contains(string(text), "\n| `"+message.Error()+"`") {
			t.Errorf("docs/administrator.md does not explain: %v", message)
		}
	}
}

// unindent removes the spaces before the blocks of lists.
func unindent(text string) string { return strings.ReplaceAll(text, "\n   ", "\n") }
