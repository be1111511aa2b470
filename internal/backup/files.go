// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// copyFolder copies the regular files of a folder. A file that the folder before has with the
// same name and size is linked from there: give before only for files that never change. A
// folder that does not exist is left out.
func copyFolder(ctx context.Context, from, to, before string) error {
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return walk(ctx, from, to, func(path, name string) error {
		target := filepath.Join(to, name)
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			return nil // removed meanwhile, or a socket
		} else if before != "" && linked(filepath.Join(before, name), target, info.Size()) {
			return nil
		}
		return copyFile(path, target)
	})
}

// addFiles copies the files of a folder that are missing in another. Files that are there
// stay as they are.
func addFiles(ctx context.Context, from, to string) error {
	return walk(ctx, from, to, func(path, name string) error {
		if err := copyFile(path, filepath.Join(to, name)); !errors.Is(err, fs.ErrExist) {
			return err
		}
		return nil
	})
}

// walk creates the folders of a folder, which may be a symbolic link, in another, and calls f
// with the path and the name in the folder of each file. It leaves out files that are removed
// meanwhile.
func walk(ctx context.Context, from, to string, f func(path, name string) error) error {
	root, err := filepath.EvalSymlinks(from)
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = context.Cause(ctx)
		}
		if errors.Is(err, fs.ErrNotExist) && path != root {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		return f(path, name)
	})
}

// linked links a file of a size, and reports whether it could.
func linked(from, to string, size int64) bool {
	info, err := os.Stat(from)
	return err == nil && info.Size() == size && os.Link(from, to) == nil
}

// copyFile copies a file to a new file, which is on disk afterwards.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}

// writeSynced writes a new file, which is on disk afterwards.
func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncTree puts all files and folders below a folder on disk.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncPath(path)
	})
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
