// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/pgtest"
)

// TestPassword logs in to a server that asks for a password, which no error
// repeats.
func TestPassword(t *testing.T) {
	s := pgtest.Start(t)
	s.Exec(t, "postgres", "CREATE ROLE someone LOGIN PASSWORD 'correct horse'", "CREATE DATABASE kcidb OWNER someone")
	s.Stop(t, false)
	rules := "local all postgres trust\nlocal all all scram-sha-256\n"
	if err := os.WriteFile(filepath.Join(s.Dir, "data/pg_hba.conf"), []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	s.Run(t)
	spec := s.Spec("kcidb", "someone")

	t.Setenv("PGPASSFILE", filepath.Join(t.TempDir(), "pgpass"))
	for name, password := range map[string]string{"none": "", "a wrong one": " password=hunter2"} {
		status, stdout, stderr := runHere(t, "", "kcidb", "db", "init", "-d", spec+password)
		if status != exitFailed || stdout != "" || !strings.Contains(stderr, "may not do this") || !strings.Contains(stderr, "pgpass") {
			t.Errorf("with %s it exits with %d, prints %q, says %s", name, status, stdout, stderr)
		}
		if strings.Contains(stderr, "hunter2") {
			t.Errorf("the password is shown: %s", stderr)
		}
	}

	// The right one, in libpq's own file.
	if err := os.WriteFile(os.Getenv("PGPASSFILE"), []byte("*:*:kcidb:someone:correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := runHere(t, "", "kcidb", "db", "init", "-d", spec)
	if status != exitDone {
		t.Fatalf("it exits with %d, says %s", status, stderr)
	}
	// This user may not make roles, and is told what somebody has to run who may.
	for _, want := range []string{"CREATE ROLE kcidb_editor NOLOGIN;\n", "CREATE ROLE kcidb_viewer NOLOGIN;\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in %q", want, stdout)
		}
	}
	if !strings.Contains(stderr, "--ignore-initialized") {
		t.Errorf("it says %q", stderr)
	}
	s.Exec(t, "kcidb", strings.Split(strings.TrimSpace(stdout), "\n")...)
	if status, stdout, stderr := runHere(t, "", "kcidb", "db", "init", "--ignore-initialized", "-d", spec); status != exitDone || stdout+stderr != "" {
		t.Errorf("again it exits with %d, prints %q, says %q", status, stdout, stderr)
	}
}
