// SPDX-License-Identifier: Apache-2.0

package folder_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/artifacttest"
	"github.com/kcidb-go/kcidb/internal/artifact/folder"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

func open(t testing.TB, dir string) *folder.Bucket {
	t.Helper()
	b, err := folder.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFolder(t *testing.T) {
	artifacttest.Run(t, func(t *testing.T) *artifact.Store {
		return &artifact.Store{Bucket: open(t, filepath.Join(t.TempDir(), "new", "folder"))}
	})
}

// Names, and symbolic links in the folder, do not lead out of it.
func TestNamesStayInside(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b := open(t, dir)
	defer b.Close()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	up, err := filepath.Rel(dir, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{secret, up, "a/../" + up, "link/secret", "link/new"} {
		if r, err := b.Read(t.Context(), name); err == nil {
			r.Close()
			t.Errorf("read %s", name)
		}
		if err := b.Write(t.Context(), []artifact.File{{Name: name, Data: []byte("written")}}); err == nil {
			t.Errorf("wrote %s", name)
		}
		_ = b.Delete(t.Context(), name)
	}
	if data, err := os.ReadFile(secret); err != nil || string(data) != "outside" {
		t.Errorf("the file outside: %q, %v", data, err)
	}
	if _, err := os.Stat(filepath.Join(outside, "new")); err == nil {
		t.Error("a file was made outside")
	}
}

// Open removes the files of processes that died, and no others.
func TestUnfinished(t *testing.T) {
	dir := t.TempDir()
	open(t, dir).Close()
	old, fresh := filepath.Join(dir, "tmp", "old"), filepath.Join(dir, "tmp", "fresh")
	for name, age := range map[string]time.Duration{old: 2 * time.Hour, fresh: time.Minute} {
		at := time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Chtimes(name, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir).Close()
	if _, err := os.Stat(old); err == nil {
		t.Error("the old file is there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error(err)
	}
}

// A folder that was removed meanwhile is missing, which is more than a file that is not found.
func TestMissing(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	defer b.Close()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := b.Write(t.Context(), []artifact.File{{Name: "a/b"}}); !errors.Is(err, artifact.ErrMissing) || errors.Is(err, artifact.ErrNotFound) {
		t.Error(err)
	}
}

func TestForbidden(t *testing.T) {
	need.Unprivileged(t)
	dir := t.TempDir()
	b := open(t, dir)
	defer b.Close()
	if err := os.Chmod(filepath.Join(dir, "tmp"), 0o500); err != nil {
		t.Fatal(err)
	}
	if err := b.Write(t.Context(), []artifact.File{{Name: "a/b"}}); !errors.Is(err, artifact.ErrForbidden) {
		t.Error(err)
	}
}

// BenchmarkPut measures batches of the loader. Files of the same batch wait for the disk
// together.
func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := &artifact.Store{Bucket: open(b, b.TempDir())}
			defer s.Close()
			for i := 0; b.Loop(); i++ {
				var all [][]byte
				for j := range n {
					all = append(all, fmt.Appendf(nil, "%d %d %3000d", i, j, j))
				}
				if err := s.Put(b.Context(), all...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
