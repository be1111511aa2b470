// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
)

// realSubmissions returns the submissions of CI systems on one day, as one
// stream. They are not in the repository, because they are not ours to
// publish.
func realSubmissions(t *testing.T) io.Reader {
	t.Helper()
	return bytes.NewReader(bytes.Join(realTexts(t), nil))
}

// realTexts returns the real submissions, each as its sender sent it.
func realTexts(t *testing.T) (texts [][]byte) {
	t.Helper()
	archive, err := zip.OpenReader("../../../shared/data/submissions.zip")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("there are no real submissions beside the repository, in ../shared/data/submissions.zip")
	} else if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		f, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		texts = append(texts, text)
	}
	return texts
}

// realObjects is the number of objects in the real submissions.
const realObjects = 12196

// do runs a command that must succeed, and returns its output.
func do(t *testing.T, stdin io.Reader, args ...string) *bytes.Buffer {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), args, stdin, &stdout, &stderr); status != exitDone || stderr.Len() > 0 {
		t.Fatalf("%v exits with %d, says %s", args, status, &stderr)
	}
	return &stdout
}

func TestRealSubmissions(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes most of a minute under the race detector, and its parts are tested so elsewhere")
	}
	submissions := realSubmissions(t)
	valid := do(t, submissions, "kcidb-validate", "--indent", "0")
	stream := bytes.Clone(valid.Bytes())
	sum := 0
	for line := range strings.Lines(do(t, valid, "kcidb-count").String()) {
		n, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != realObjects {
		t.Errorf("%d objects, want %d", sum, realObjects)
	}
	first := "sqlite:" + filepath.Join(t.TempDir(), "first.db")
	second := "sqlite:" + filepath.Join(t.TempDir(), "second.db")
	do(t, nil, "kcidb-db-init", "-d", first)
	do(t, bytes.NewReader(stream), "kcidb-db-load", "-d", first)
	dump := do(t, nil, "kcidb-db-dump", "-d", first)
	do(t, nil, "kcidb-db-init", "-d", second)
	do(t, bytes.NewReader(dump.Bytes()), "kcidb-db-load", "-d", second, "--with-metadata")
	if again := do(t, nil, "kcidb-db-dump", "-d", second); !bytes.Equal(dump.Bytes(), again.Bytes()) {
		t.Errorf("a dump of %d bytes becomes one of %d, or another one, by being loaded", dump.Len(), again.Len())
	}
}

// TestRealSubmissionsInPostgreSQL loads the submissions into PostgreSQL, and
// finds all of them in the dump.
func TestRealSubmissionsInPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long")
	}
	submissions := realSubmissions(t)
	spec := pgtest.Database(t)
	file := filepath.Join(t.TempDir(), "submissions.json")
	var submitted bytes.Buffer
	do(t, nil, "kcidb-db-init", "-d", spec)
	do(t, io.TeeReader(submissions, &submitted), "kcidb-db-load", "-d", spec)
	if err := os.WriteFile(file, submitted.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	dump := do(t, nil, "kcidb-db-dump", "-d", spec)
	do(t, dump, "kcidb", "diff", file, "-")
}
