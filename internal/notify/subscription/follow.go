// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"
)

// Follower reads a folder again after it changed. It is not for concurrent use.
type Follower struct {
	Dir     string
	Options Options

	folder *Folder
	stamps map[string]stamp // stamps of the files when they were read
	read   time.Time        // when the files were read
	sum    [sha256.Size]byte
}

// stamp changes when a file changes.
type stamp struct {
	size     int64
	modified time.Time
	mode     fs.FileMode
}

// settled is how long after a change another change shows in the time of a file, on the
// file systems with the coarsest clocks.
const settled = 3 * time.Second

// Reload returns the folder, and reports whether it changed since the last call. It
// reads the files only if their names, sizes or times changed, or if a file changed so
// recently that its time may not show another change. After an error it returns the
// folder of the last call, or nil.
func (f *Follower) Reload() (*Folder, bool, error) {
	now := time.Now()
	stamps, err := stampsOf(f.Dir, f.folder)
	if err != nil {
		return f.folder, false, err
	}
	if f.folder != nil && maps.Equal(stamps, f.stamps) && f.settledWhenRead(stamps) {
		return f.folder, false, nil
	}
	files, err := readFiles(f.Dir)
	if err != nil {
		return f.folder, false, err
	}
	folder := load(f.Dir, hooksOf(files), f.Options)
	// The sum includes the secrets of webhooks, which are files too.
	sum := sumOf(files, folder)
	f.stamps, f.read = stamps, now
	if f.folder != nil && sum == f.sum {
		return f.folder, false, nil
	}
	f.folder, f.sum = load(f.Dir, files, f.Options), sum
	return f.folder, true, nil
}

// settledWhenRead reports whether no file had changed shortly before it was read, so
// that its time shows any later change.
func (f *Follower) settledWhenRead(stamps map[string]stamp) bool {
	for _, s := range stamps {
		if f.read.Sub(s.modified) < settled {
			return false
		}
	}
	return true
}

// hooksOf returns only the file with the webhooks.
func hooksOf(files []content) []content {
	return slices.DeleteFunc(slices.Clone(files), func(c content) bool { return c.name != hooksFile })
}

// stampsOf returns the stamps of the files of a folder.
func stampsOf(dir string, folder *Folder) (map[string]stamp, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	defer root.Close()
	names, err := list(root)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	stamps := map[string]stamp{}
	for _, name := range names {
		info, err := root.Stat(name)
		stamps[name] = stampOf(info, err)
	}
	if folder != nil {
		for _, name := range folder.secrets {
			info, err := os.Stat(name)
			stamps["secret "+name] = stampOf(info, err)
		}
	}
	return stamps, nil
}

// stampOf returns a stamp. It is empty if the file does not exist.
func stampOf(info fs.FileInfo, err error) stamp {
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime(), info.Mode()}
}

// sumOf returns a hash of the files, the secrets and the problems of a folder.
func sumOf(files []content, folder *Folder) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%q %d %v\n", f.name, len(f.text), f.err)
		h.Write(f.text)
	}
	for _, name := range slices.Sorted(maps.Keys(folder.Hooks)) {
		secret := string(folder.Hooks[name].Secret)
		fmt.Fprintf(h, "%q %q\n", name, secret)
	}
	for _, p := range folder.Problems {
		fmt.Fprintf(h, "%s\n", p)
	}
	h.Sum(sum[:0])
	return sum
}
