// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// TestAnyRequest sends requests of all kinds that the document describes, as
// schemathesis makes them up: no answer is a failure of the service, and all are as
// the document says. "make fuzz-api" does so for longer.
func TestAnyRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	t.Parallel()
	tool, err := filepath.Abs("../../../bin/venv/bin/schemathesis")
	if err == nil {
		if _, err = os.Stat(tool); err != nil {
			tool, err = exec.LookPath("schemathesis")
		}
	}
	if err != nil {
		need.Missing(t, "scripts/schemathesis installs schemathesis: "+err.Error())
	}
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, db)
	s.load(world())
	server := httptest.NewServer(s.api)
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), tool, "run", server.URL+"/api/schema/", "--seed", "1", "--max-examples", "10", "--max-time", "40",
		"--phases", "examples,coverage,fuzzing", "--no-color", "--warnings", "off", "--request-timeout", "30",
		"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance")
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err == nil {
		return
	}
	var text strings.Builder
	for line := range strings.Lines(string(out)) {
		text.WriteString(strings.TrimSuffix(line[:min(len(line), 500)], "\n") + "\n")
	}
	t.Errorf("%v\n%s", err, text.String())
}
