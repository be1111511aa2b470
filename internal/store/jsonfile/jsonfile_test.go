// SPDX-License-Identifier: Apache-2.0

package jsonfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

func TestStore(t *testing.T) {
	if testing.Short() {
		t.Skip("SQLite's own run of the suite, which is under it, is enough for the race detector")
	}
	storetest.Run(t, func(t *testing.T) store.Sink { return open(t, "") },
		storetest.Capabilities{Store: true, Backups: true, Initialized: true, Purges: true, SQL: true, FindsLoaded: true})
}

// open opens a file with the text until the end of the test.
func open(t *testing.T, text string) store.Sink {
	t.Helper()
	file := filepath.Join(t.TempDir(), "reports.json")
	if err := os.WriteFile(file, []byte(text), 0o444); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if now, err := os.ReadFile(file); err != nil || string(now) != text {
			t.Errorf("the file is now %q, %v", now, err)
		}
	})
	return s
}

const reports = `{"version": {"major": 5, "minor": 3}, "checkouts": [
	{"id": "a:1", "origin": "a", "_timestamp": "2025-07-01T12:00:00Z"}]}
{"version": {"major": 4, "minor": 0}, "builds": [{"id": "a:1", "origin": "a", "checkout_id": "a:1", "valid": true}]}`

func TestContent(t *testing.T) {
	s := open(t, reports)
	var checkouts, builds int
	for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.Checkouts {
			if c.Timestamp.Year() != 2025 {
				t.Errorf("the checkout arrived at %v", c.Timestamp)
			}
		}
		checkouts, builds = checkouts+len(r.Checkouts), builds+len(r.Builds)
	}
	if checkouts != 1 || builds != 1 {
		t.Errorf("%d checkouts and %d builds, want one of each", checkouts, builds)
	}
}

func TestErrors(t *testing.T) {
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "absent")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := read(t.Context(), "json", strings.NewReader(reports+"{")); err == nil || !strings.HasPrefix(err.Error(), "json: ") {
		t.Errorf("a broken file: %v", err)
	}
}
