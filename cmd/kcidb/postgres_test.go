// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
)

// TestPassword logs in to a server that requires a password. No error contains
// the password.
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

	// The right password, in libpq's own file.
	if err := os.WriteFile(os.Getenv("PGPASSFILE"), []byte("*:*:kcidb:someone:correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := runHere(t, "", "kcidb", "db", "init", "-d", spec)
	if status != exitDone {
		t.Fatalf("it exits with %d, says %s", status, stderr)
	}
	// This user may not create roles; the command prints the statements for a
	// user who may.
	for _, want := range []string{"CREATE ROLE kcidb_editor NOLOGIN;\n", "CREATE ROLE kcidb_viewer NOLOGIN;\n"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in %q", want, stdout)
		}
	}
	if !strings.Contains(stderr, "--ignore-initialized") {
		t.Errorf("it says %q", stderr)
	}
	// The command makes no roles in several databases: roles in the first would not be
	// enough.
	several := "mux:" + strings.ReplaceAll(spec, " ", `\ `)
	if status, stdout, stderr := runHere(t, "", "kcidb", "db", "init", "--ignore-initialized", "-d", several); status != exitDone || stdout+stderr != "" {
		t.Errorf("of mux it exits with %d, prints %q, says %q", status, stdout, stderr)
	}
	s.Exec(t, "kcidb", strings.Split(strings.TrimSpace(stdout), "\n")...)
	if status, stdout, stderr := runHere(t, "", "kcidb", "db", "init", "--ignore-initialized", "-d", spec); status != exitDone || stdout+stderr != "" {
		t.Errorf("again it exits with %d, prints %q, says %q", status, stdout, stderr)
	}
}

// TestBackup makes a backup of a database that was installed as documented, restores it, and
// continues with the restored database: it has the same users with the same privileges.
func TestBackup(t *testing.T) {
	if testing.Short() {
		t.Skip("under the race detector each command takes half a second")
	}
	s := pgtest.Start(t)
	shell := func(script string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script, "/run/postgresql", s.Dir))
		cmd.Dir = t.TempDir()
		if err := os.CopyFS(filepath.Join(cmd.Dir, "examples"), os.DirFS("../../examples")); err != nil {
			t.Fatal(err)
		}
		// kcidb's programs are already in the PATH.
		cmd.Env = append(os.Environ(), "PATH="+s.Bin()+":"+os.Getenv("PATH"), "PGHOST="+s.Dir, "PGUSER="+pgtest.Superuser)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s\nof the script:\n%s", err, out, script)
		}
	}
	const page = "../../docs/administrator.md"
	fill := "kcidb gen --checkouts 2 | kcidb db load -d 'postgresql:host=/run/postgresql dbname=kcidb user=kcidb_service'\n"
	// The backup contains the grants.
	restored := "kcidb backup --to backups --data none --drain 0s -d 'postgresql:host=/run/postgresql dbname=kcidb user=kcidb'\n" +
		"createdb --owner kcidb kcidb_restored\n" +
		"kcidb restore backups/kcidb-* --data none -d 'postgresql:host=/run/postgresql dbname=kcidb_restored user=kcidb'\n"
	shell(documented(t, page, "### Installation") + fill + restored)

	submission := `{"version":{"major":5,"minor":3},"checkouts":[{"id":"myci:checkout-4711","origin":"myci","comment":"later","_timestamp":"2040-01-01T00:00:00Z"}]}`
	before := do(t, nil, "kcidb", "db", "dump", "-d", s.Spec("kcidb", "alice"))
	var after [2]*bytes.Buffer
	for i, database := range []string{"kcidb", "kcidb_restored"} {
		if dump := do(t, nil, "kcidb", "db", "dump", "-d", s.Spec(database, "alice")); !bytes.Equal(dump.Bytes(), before.Bytes()) {
			t.Errorf("%s has a dump of %d bytes, want %d", database, dump.Len(), before.Len())
		}
		do(t, strings.NewReader(submission), "kcidb", "db", "load", "--with-metadata", "-d", s.Spec(database, "kcidb_service"))
		status, _, stderr := runHere(t, submission, "kcidb", "db", "load", "-d", s.Spec(database, "alice"))
		if status != exitFailed || !strings.Contains(stderr, "may not do this") {
			t.Errorf("in %s, somebody who may only read loads: %d, %s", database, status, stderr)
		}
		after[i] = do(t, nil, "kcidb", "db", "dump", "-d", s.Spec(database, "alice"))
		if !bytes.Contains(after[i].Bytes(), []byte(`"later"`)) || !bytes.Equal(after[i].Bytes(), after[0].Bytes()) {
			t.Errorf("loading goes on differently in %s", database)
		}
		do(t, nil, "kcidb", "db", "purge", "-d", s.Spec(database, "kcidb"), "2001-01-01")
	}
}

// documented returns the commands in a section of a page, up to the next
// section.
func documented(t *testing.T, page, heading string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", page, heading)
	}
	section, _, _ = strings.Cut(section, "\n##")
	var script strings.Builder
	for _, block := range docBlock.FindAllStringSubmatch(section, -1) {
		if block[1] == "sh" {
			script.WriteString(block[2])
		}
	}
	return script.String()
}
