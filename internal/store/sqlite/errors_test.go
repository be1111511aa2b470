// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
)

// expectError fails the test unless err is the one wanted, and names the file.
func expectError(t *testing.T, file string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "sqlite:"+file+": ") {
		t.Errorf("got %q, want %q of sqlite:%s", err, want, file)
	}
}

func TestAbsentFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	s := open(t, file)
	_, err := s.Load(t.Context(), samples(0), store.LoadOptions{})
	expectError(t, file, err, store.ErrNotFound)
	if !strings.Contains(err.Error(), `"kcidb db init -d sqlite:`+file+`" makes it`) {
		t.Errorf("%q does not say what to do", err)
	}
	_, _, err = s.Schemas(t.Context())
	expectError(t, file, err, store.ErrNotFound)
	expectError(t, file, s.Cleanup(t.Context()), store.ErrNotFound)
	if is, err := s.Initialized(t.Context()); is || err != nil {
		t.Errorf("Initialized() = %t, %v", is, err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file now")
	}
	fresh(t, s)
	loadSample(t, s, 1)

	file = filepath.Join(t.TempDir(), "absent", "x.sqlite")
	s = open(t, file)
	expectError(t, file, s.Init(t.Context(), store.Version{}), os.ErrNotExist)
}

// TestNotOurs refuses files of others, and of a time to come, and leaves them
// as they are.
func TestNotOurs(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, file string)
		want error
	}{
		"text": {func(t *testing.T, file string) {
			if err := os.WriteFile(file, []byte(strings.Repeat("no database\n", 1000)), 0o666); err != nil {
				t.Fatal(err)
			}
		}, store.ErrCorrupt},
		"another program's": {func(t *testing.T, file string) { run(t, file, "CREATE TABLE t (x)") }, store.ErrCorrupt},
		"another program's number": {func(t *testing.T, file string) {
			run(t, file, "CREATE TABLE t (x); PRAGMA application_id = 1")
		}, store.ErrCorrupt},
		"newer": {func(t *testing.T, file string) {
			s := open(t, file)
			fresh(t, s)
			loadSample(t, s, 1)
			run(t, file, "PRAGMA user_version = 4711")
		}, store.ErrNewSchema},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.sqlite")
			t.Run("make", func(t *testing.T) { c.make(t, file) })
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(file)
			expectError(t, file, err, c.want)
			if after, _ := os.ReadFile(file); string(after) != string(before) {
				t.Error("the file changed")
			}
		})
	}
	dir := t.TempDir()
	_, err := Open(dir)
	expectError(t, dir, err, store.ErrCorrupt)
}

// run runs statements in a file that is any SQLite database.
func run(t *testing.T, file, statements string) {
	t.Helper()
	db := openPool("file:"+file, 1)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// TestDamage reads files that lost something.
func TestDamage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	t.Run("make", func(t *testing.T) {
		s := open(t, file)
		fresh(t, s)
		loadSample(t, s, 100)
	})
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func([]byte) []byte{
		"cut":         func(b []byte) []byte { return b[:len(b)/2] },
		"overwritten": func(b []byte) []byte { copy(b[len(b)/4:], strings.Repeat("x", len(b)/2)); return b },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "x.sqlite")
			if err := os.WriteFile(file, damage([]byte(string(text))), 0o666); err != nil {
				t.Fatal(err)
			}
			s, err := Open(file)
			if err == nil {
				defer s.Close()
				for _, err = range s.Dump(t.Context(), store.DumpOptions{}) {
				}
			}
			expectError(t, file, err, store.ErrCorrupt)
		})
	}
}

// TestFull finds no room, keeps what was there, and goes on once there is.
func TestFull(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	s := open(t, file)
	fresh(t, s)
	before := loadSample(t, s, 10)
	pages := func(statement string) {
		if _, err := s.write.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	pages("PRAGMA max_page_count = 1") // as many as there are
	large := samples(10)
	for i := range 100 {
		large.Append(samples(11 + i))
	}
	_, err := s.Load(t.Context(), large, store.LoadOptions{Receipts: []store.Receipt{{ID: "lost"}}})
	expectError(t, file, err, store.ErrFull)
	if diff := cmp.Diff(before, dumpAll(t, s)); diff != "" {
		t.Errorf("the objects changed:\n%s", diff)
	}
	if _, err := s.Receipt(t.Context(), "lost"); !errors.Is(err, store.ErrNoReceipt) {
		t.Errorf("the receipt was kept: %v", err)
	}
	pages("PRAGMA max_page_count = 1000000")
	if changes, err := s.Load(t.Context(), large, store.LoadOptions{}); err != nil || len(changes.Objects) != large.Count() {
		t.Errorf("with room again: %v", err)
	}
}

// TestBusy waits for another writer, and says so when that takes too long.
// Reading goes on meanwhile.
func TestBusy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	s, other := open(t, file), open(t, file)
	fresh(t, s)
	before := loadSample(t, s, 1)
	if _, err := s.write.ExecContext(t.Context(), "PRAGMA busy_timeout = 10"); err != nil {
		t.Fatal(err)
	}
	tx, err := other.write.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Load(t.Context(), samples(1), store.LoadOptions{})
	expectError(t, file, err, store.ErrBusy)
	if diff := cmp.Diff(before, dumpAll(t, s)); diff != "" {
		t.Errorf("the objects changed:\n%s", diff)
	}
	tx.Rollback()
	if _, err := s.Load(t.Context(), samples(1), store.LoadOptions{}); err != nil {
		t.Errorf("when the other is done: %v", err)
	}
}
