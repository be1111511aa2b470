// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// tempDir returns a directory that everybody may look into.
func tempDir(t *testing.T, mode os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, mode)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o777) })
	return dir
}

// TestReadOnly reads what cannot be written, and says why it cannot be.
func TestReadOnly(t *testing.T) {
	for name, c := range map[string]struct {
		file, dir os.FileMode
		reads     bool
	}{
		"file":               {0o444, 0o777, true},
		"directory":          {0o666, 0o555, false},
		"file and directory": {0o444, 0o555, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := tempDir(t, 0o777)
			file := filepath.Join(dir, "x.sqlite")
			t.Run("make", func(t *testing.T) {
				s := open(t, file)
				fresh(t, s)
				loadSample(t, s, 1)
			})
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.Chmod(file, c.file), os.Chmod(dir, c.dir)); err != nil {
				t.Fatal(err)
			}
			need.Unprivileged(t)
			s, err := Open(file)
			if !c.reads {
				expectError(t, file, err, store.ErrReadOnly)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if n := dumpAll(t, s).Count(); n != samples(0).Count() {
				t.Errorf("%d objects to read", n)
			}
			_, err = s.Load(t.Context(), samples(1), store.LoadOptions{})
			expectError(t, file, err, store.ErrReadOnly)
			if now, err := os.ReadFile(file); err != nil || string(now) != string(text) {
				t.Errorf("the file changed: %v", err)
			}
		})
	}
	t.Run("new", func(t *testing.T) {
		file := filepath.Join(tempDir(t, 0o555), "x.sqlite")
		need.Unprivileged(t)
		s := open(t, file)
		expectError(t, file, s.Init(t.Context(), store.Version{}), os.ErrPermission)
	})
}

// TestDiskFull fills a file system of its own.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		need.Missing(t, "no small file system to fill: run the tests as root: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	file := filepath.Join(dir, "x.sqlite")
	s := open(t, file)
	fresh(t, s)
	before := loadSample(t, s, 10)
	large := samples(10)
	for i := range 200 {
		large.Append(samples(11 + i))
		long := strings.Repeat(string(rune('a'+i%26))+" no two are alike", 1000+i)
		large.Builds[i].Command = &long
	}
	_, err := s.Load(t.Context(), large, store.LoadOptions{})
	expectError(t, file, err, store.ErrFull)
	if diff := cmp.Diff(before, dumpAll(t, s)); diff != "" {
		t.Errorf("the objects changed:\n%s", diff)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=20m"); err != nil {
		t.Fatal(err)
	}
	if changes, err := s.Load(t.Context(), large, store.LoadOptions{}); err != nil || len(changes.Objects) != large.Count() {
		t.Errorf("with room again: %v", err)
	}
}
