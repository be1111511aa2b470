// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// try returns the options for a backup of a database and an artifact, and a clock that goes
// on by a minute with each backup.
func try(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "kcidb.db")
	s, err := sqlite.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Init(t.Context(), store.Version{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Sources: Sources{Database: "sqlite:" + file, Artifacts: filepath.Join(dir, "artifacts")},
		To:      filepath.Join(dir, "backups"),
		Ask:     func(context.Context) (waiting, dead int64, err error) { return 0, 0, nil },
		Drain:   time.Minute,
	}
	now := time.Date(2025, 7, 1, 3, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { now = now.Add(time.Minute); return now }
	o.add(t, "aa/1")
	return o
}

func (o *Options) add(t *testing.T, name string) {
	t.Helper()
	path := filepath.Join(o.Artifacts, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
		t.Fatal(err)
	}
}

// names returns the names in the folder of backups.
func (o *Options) names(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(o.To)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != ".lock" {
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, " ")
}

func make2(t *testing.T, o Options) (string, *Manifest) {
	t.Helper()
	dir, m, err := Make(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.check(dir); err != nil {
		t.Fatal(err)
	}
	return dir, m
}

// TestArtifactsAreLinked: files of the backup before take no space.
func TestArtifactsAreLinked(t *testing.T) {
	o := try(t)
	first, _ := make2(t, o)
	o.add(t, "bb/2")
	second, m := make2(t, o)
	artifact := func(dir, name string) string { return filepath.Join(dir, artifactsFolder, name) }
	if !sameFile(artifact(first, "aa/1"), artifact(second, "aa/1")) {
		t.Error("an artifact is copied twice")
	}
	if sameFile(artifact(second, "bb/2"), filepath.Join(o.Artifacts, "bb/2")) {
		t.Error("an artifact is linked to the one in use")
	}
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	if want := []string{"artifacts/aa/1", "artifacts/bb/2", "database"}; !slices.Equal(names, want) {
		t.Errorf("the manifest has %v, want %v", names, want)
	}
}

// TestFolderIsALink: the files behind a link are in the backup, and a link to nothing is an
// error, because a disk may not be mounted.
func TestFolderIsALink(t *testing.T) {
	o := try(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(o.Artifacts, link); err != nil {
		t.Fatal(err)
	}
	disk := o.Artifacts
	o.Artifacts = link
	if _, m := make2(t, o); !m.HasArtifacts() {
		t.Error("the files behind a link are not in the backup")
	}
	if err := os.Rename(disk, disk+".away"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Make(t.Context(), o); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a link to nothing: %v", err)
	}
}

// TestInterrupted: an interrupted backup leaves nothing, and the next one removes the rest of a killed one.
func TestInterrupted(t *testing.T) {
	o := try(t)
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(string, int64, int64) { cancel() }
	if _, _, err := Make(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted backup: %v", err)
	}
	if got := o.names(t); got != "" {
		t.Errorf("an interrupted backup leaves %s", got)
	}
	killed := filepath.Join(o.To, "kcidb-20250701T020000Z"+partial)
	if err := os.MkdirAll(killed, 0o700); err != nil {
		t.Fatal(err)
	}
	if dir, err := newest(o.To); dir != "" || err != nil {
		t.Errorf("a killed backup looks whole: %s, %v", dir, err)
	}
	o.Progress = nil
	dir, _ := make2(t, o)
	if got := o.names(t); got != filepath.Base(dir) {
		t.Errorf("there are %s, want %s", got, dir)
	}
}

func TestOldBackupsGo(t *testing.T) {
	o := try(t)
	o.Keep = 2
	var made []string
	for range 4 {
		dir, _ := make2(t, o)
		made = append(made, filepath.Base(dir))
	}
	if got, want := o.names(t), strings.Join(made[2:], " "); got != want {
		t.Errorf("there are %s, want %s", got, want)
	}
}

// TestOldBackupsStay: if older backups cannot be removed, the new one is complete.
func TestOldBackupsStay(t *testing.T) {
	o := try(t)
	o.Keep = 1
	first, _ := make2(t, o)
	if err := os.MkdirAll(filepath.Join(first+partial, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	dir, m, err := Make(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "the backup "+dir+" is complete, but older ones may be left") {
		t.Errorf("error %v", err)
	}
	if err := m.check(dir); err != nil {
		t.Error(err)
	}
}

// TestOneAtATime: a second backup into the same folder fails, and a failed one removes none.
func TestOneAtATime(t *testing.T) {
	o := try(t)
	o.Keep = 1
	dir, _ := make2(t, o)
	o.Ask = func(ctx context.Context) (waiting, dead int64, err error) {
		other := o
		other.Ask = nil
		if _, _, err := Make(ctx, other); err == nil || !strings.Contains(err.Error(), "another backup is being made there") {
			t.Errorf("two backups at a time: %v", err)
		}
		return 0, 0, nil
	}
	o.Database = "sqlite:" + filepath.Join(t.TempDir(), "none")
	if _, _, err := Make(t.Context(), o); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a backup of no database: %v", err)
	}
	if got := o.names(t); got != filepath.Base(dir) {
		t.Errorf("there are %s, want %s", got, dir)
	}
}

// TestWaitsForTheQueue: the copy of the database begins when nothing is in the queue, or
// says what is left.
func TestWaitsForTheQueue(t *testing.T) {
	o := try(t)
	left := int64(3)
	o.Ask = func(context.Context) (waiting, dead int64, err error) { left--; return left, 7, nil }
	if _, m := make2(t, o); m.Queue != (Queue{QueueRemote, 0, 7}) {
		t.Errorf("queue: %+v", m.Queue)
	}
	o.Ask = func(context.Context) (waiting, dead int64, err error) { return 5, 0, nil }
	o.Drain = 0
	if _, m := make2(t, o); m.Queue != (Queue{QueueRemote, 5, 0}) {
		t.Errorf("queue: %+v", m.Queue)
	}
}

func TestManifestIsChecked(t *testing.T) {
	o := try(t)
	dir, m := make2(t, o)
	for name, damage := range map[string]func(path string) error{
		"has changed": func(path string) error { return os.WriteFile(path, []byte("aa/2"), 0o600) },
		"bytes":       func(path string) error { return os.WriteFile(path, []byte("aa/11"), 0o600) },
		"no such":     os.Remove,
	} {
		path := filepath.Join(dir, artifactsFolder, "aa/1")
		if err := damage(path); err != nil {
			t.Fatal(err)
		}
		if err := m.check(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.WriteFile(path, []byte("aa/1"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.Files[0].Name = "../x"
	if err := m.check(dir); err == nil || !strings.Contains(err.Error(), "outside") {
		t.Errorf("a file outside: %v", err)
	}
}
