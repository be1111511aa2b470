// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
)

// manifestFile is the name of the manifest. It is written last.
const manifestFile = "manifest.json"

// format is the version of the layout of backups.
const format = 1

// Manifest describes a backup.
type Manifest struct {
	Format  int                  `json:"format"`
	Program string               `json:"program"` // the version of KCIDB
	Time    time.Time            `json:"time"`    // when it began
	Engine  string               `json:"engine"`  // name of the driver
	Schema  string               `json:"schema"`  // of the database
	Counts  map[store.List]int64 `json:"counts"`  // objects in the database
	Queue   Queue                `json:"queue"`
	Without []string             `json:"without"` // parts of the service that are not in the backup
	Files   []File               `json:"files"`   // all but this one, by name
}

// Queue is what a backup has of the queue.
type Queue struct {
	// State is copied, running (a service has its files open), remote or none.
	State string `json:"state"`
	// Waiting are the submissions that were in the queue, and so perhaps not in the database,
	// when the copy of the database began. DeadLetters are those that were given up. Both are
	// -1 if unknown.
	Waiting     int64 `json:"waiting"`
	DeadLetters int64 `json:"dead_letters"`
}

// The states of a queue.
const (
	QueueCopied  = "copied"
	QueueRunning = "running"
	QueueRemote  = "remote"
	QueueNone    = "none"
)

// File is a file of a backup.
type File struct {
	Name   string `json:"name"` // with slashes, in the backup
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// ReadManifest returns the manifest of a backup.
func ReadManifest(dir string) (*Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		if newest, _ := newest(dir); newest != "" {
			return nil, fmt.Errorf("%s has backups; the newest is %s", dir, filepath.Join(dir, newest))
		}
		return nil, fmt.Errorf("%s is no backup: it has no %s", dir, manifestFile)
	} else if err != nil {
		return nil, err
	}
	m := &Manifest{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, manifestFile), err)
	}
	if m.Format != format {
		return nil, fmt.Errorf("%s has the format %d, and this version of KCIDB reads the format %d", dir, m.Format, format)
	}
	return m, nil
}

// write writes the manifest of a backup.
func (m *Manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeSynced(filepath.Join(dir, manifestFile), append(text, '\n'))
}

// list adds all files of a backup. It takes the digests of files that are the same file as in
// the backup before, and computes all others.
func (m *Manifest) list(dir, before string) error {
	known := map[string]string{}
	if before != "" {
		if old, err := ReadManifest(before); err == nil {
			for _, f := range old.Files {
				known[f.Name] = f.SHA256
			}
		}
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		f := File{Name: name, SHA256: known[name]}
		if f.SHA256 == "" || !sameFile(path, filepath.Join(before, name)) {
			if f.SHA256, err = digest(path); err != nil {
				return err
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		f.Size = info.Size()
		m.Files = append(m.Files, f)
		return nil
	})
}

// check returns an error unless the files of a backup are those of its manifest.
func (m *Manifest) check(dir string) error {
	for _, f := range m.Files {
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("%s names a file outside of the backup: %q", manifestFile, f.Name)
		}
		path := filepath.Join(dir, f.Name)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || info.Size() != f.Size {
			return fmt.Errorf("%s has %d bytes, and had %d when it was backed up", path, info.Size(), f.Size)
		}
		if sum, err := digest(path); err != nil {
			return err
		} else if sum != f.SHA256 {
			return fmt.Errorf("%s has changed since it was backed up", path)
		}
	}
	return nil
}

// has reports whether a backup has files in a folder.
func (m *Manifest) has(folder string) bool {
	return slices.ContainsFunc(m.Files, func(f File) bool { return strings.HasPrefix(f.Name, folder+"/") })
}

// HasArtifacts reports whether a backup has raw submissions or logs.
func (m *Manifest) HasArtifacts() bool { return m.has(artifactsFolder) }

// sameFile reports whether two names are of one file.
func sameFile(a, b string) bool {
	first, err1 := os.Stat(a)
	second, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(first, second)
}

// digest returns the SHA-256 of a file in hex.
func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
