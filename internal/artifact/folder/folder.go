// SPDX-License-Identifier: Apache-2.0

// Package folder keeps the files of an artifact store in a folder.
package folder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
)

// unfinished is the folder of files that are being written, and leftAfter is the age at
// which such a file counts as left by a process that died.
const (
	unfinished = "tmp"
	leftAfter  = time.Hour
)

// Bucket is a folder. Names cannot leave it, also not by symbolic links in it.
type Bucket struct{ root *os.Root }

// Open opens a folder, and creates it, for its owner only, unless it exists.
func Open(dir string) (*Bucket, error) {
	if dir == "" {
		return nil, errors.New("folder: no folder given (the specification is folder:PATH)")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, meaning(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, meaning(err)
	}
	b := &Bucket{root}
	if err := b.clear(); err != nil {
		return nil, errors.Join(meaning(err), root.Close())
	}
	return b, nil
}

// clear removes files that other processes left unfinished.
func (b *Bucket) clear() error {
	if err := b.root.MkdirAll(unfinished, 0o700); err != nil {
		return err
	}
	entries, err := fs.ReadDir(b.root.FS(), unfinished)
	if err != nil {
		return err
	}
	for _, e := range entries {
		// A file that is gone meanwhile was finished.
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > leftAfter {
			_ = b.root.Remove(path.Join(unfinished, e.Name()))
		}
	}
	return nil
}

// Write writes the files, puts them in place, and then waits for the disk once. A crash
// before that may leave a file damaged that its caller was not told to be safe.
func (b *Bucket) Write(ctx context.Context, files []artifact.File) error {
	var names []string
	parents := map[string]bool{}
	for _, file := range files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := b.write(file); err != nil {
			return meaningOfWrite(err)
		}
		names = append(names, file.Name)
		parents[path.Dir(file.Name)] = true
	}
	return meaningOfWrite(b.sync(append(slices.Collect(maps.Keys(parents)), names...)))
}

// write writes a file and puts it in place.
func (b *Bucket) write(file artifact.File) error {
	if err := b.root.MkdirAll(path.Dir(file.Name), 0o700); err != nil {
		return err
	}
	name := path.Join(unfinished, rand.Text())
	err := b.root.WriteFile(name, file.Data, 0o600)
	if err == nil {
		err = b.root.Rename(name, file.Name)
	}
	if err != nil {
		_ = b.root.Remove(name)
	}
	return err
}

// Read opens a file.
func (b *Bucket) Read(_ context.Context, name string) (io.ReadCloser, error) {
	f, err := b.root.Open(name)
	if err != nil {
		return nil, meaning(err)
	}
	return f, nil
}

// Stat describes a file.
func (b *Bucket) Stat(_ context.Context, name string) (artifact.Info, error) {
	info, err := b.root.Stat(name)
	if err != nil {
		return artifact.Info{}, meaning(err)
	}
	return artifact.Info{Name: name, Bytes: info.Size(), Modified: info.ModTime()}, nil
}

// errDone ends a walk.
var errDone = errors.New("done")

// List walks through the folder of the prefix.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[artifact.Info, error] {
	return func(yield func(artifact.Info, error) bool) {
		err := fs.WalkDir(b.root.FS(), strings.TrimSuffix(prefix, "/"), func(name string, d fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case errors.Is(err, fs.ErrNotExist): // removed meanwhile, or nothing was written
				return nil
			case err != nil || d.IsDir():
				return err
			}
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			} else if err != nil {
				return err
			}
			if !yield(artifact.Info{Name: name, Bytes: info.Size(), Modified: info.ModTime()}, nil) {
				return errDone
			}
			return nil
		})
		if err != nil && err != errDone {
			yield(artifact.Info{}, meaning(err))
		}
	}
}

// Delete removes a file. The folders above it stay.
func (b *Bucket) Delete(_ context.Context, name string) error {
	if err := b.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return meaning(err)
	}
	return nil
}

// Close closes the folder.
func (b *Bucket) Close() error { return b.root.Close() }

// meaningOfWrite returns an error of the system with its meaning, for a file that was written:
// if it does not exist, the folder is gone.
func meaningOfWrite(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", artifact.ErrMissing, err)
	}
	return meaning(err)
}

// meaning returns an error of the system with its meaning.
func meaning(err error) error {
	for _, m := range []struct{ is, means error }{
		{fs.ErrNotExist, artifact.ErrNotFound},
		{fs.ErrPermission, artifact.ErrForbidden},
		{syscall.EROFS, artifact.ErrForbidden},
		{syscall.ENOSPC, artifact.ErrFull},
		{syscall.EDQUOT, artifact.ErrFull},
		{syscall.EIO, artifact.ErrUnavailable},
	} {
		if errors.Is(err, m.is) {
			return fmt.Errorf("%w: %w", m.means, err)
		}
	}
	return err
}
