// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/notify/webhook"
)

// Folder is the subscriptions of a folder.
type Folder struct {
	Subscriptions []*Subscription         // by name
	Hooks         map[string]webhook.Hook // by name
	Problems      []Problem               // by file

	secrets []string // files with the secrets of webhooks
}

// maxFiles is how many files a folder may have.
const maxFiles = 10_000

// hooksFile is the file in a folder that has the webhooks.
const hooksFile = "webhooks.yaml"

// endings are the endings of files with subscriptions.
var endings = []string{".yaml", ".yml"}

// trimEnding returns the name of a file without its ending, and reports whether it has
// one of the endings.
func trimEnding(file string) (string, bool) {
	for _, ending := range endings {
		if name, ok := strings.CutSuffix(file, ending); ok {
			return name, true
		}
	}
	return file, false
}

// Reads reports whether Load reads a file with this ending as a subscription.
func Reads(file string) bool {
	_, ok := trimEnding(file)
	return ok
}

// Load reads the subscriptions of a folder: files that end in .yaml or .yml, unless
// they begin with "." or "_". The file webhooks.yaml has the webhooks. A file with a
// mistake is a problem and no subscription; Load reads the other files. Links must stay
// within the folder. The error is that of reading the folder.
func Load(dir string, opts Options) (*Folder, error) {
	files, err := readFiles(dir)
	if err != nil {
		return nil, err
	}
	return load(dir, files, opts), nil
}

// content is a file that was read, or the error of reading it.
type content struct {
	name string
	text []byte
	err  error
}

func load(dir string, files []content, opts Options) *Folder {
	f := &Folder{Hooks: map[string]webhook.Hook{}}
	for _, file := range files {
		if file.name == hooksFile {
			f.readHooks(dir, file)
		}
	}
	from := map[string]string{} // files, by name of the subscription
	for _, file := range files {
		switch {
		case file.name == hooksFile:
			continue
		case file.name == "webhooks.yml":
			f.Problems = append(f.Problems, Problem{File: file.name, Text: "the file of the webhooks must be named " + hooksFile})
			continue
		case file.err != nil:
			f.Problems = append(f.Problems, Problem{File: file.name, Text: file.err.Error()})
			continue
		}
		s, problems := Parse(file.name, file.text, opts)
		if s != nil {
			problems = f.unknownHooks(s)
			if other := from[s.Name]; other != "" {
				problems = append(problems, Problem{File: file.name, Text: fmt.Sprintf("name: %q is the name of %s", s.Name, other)})
			}
		}
		if len(problems) > 0 {
			f.Problems = append(f.Problems, problems...)
			continue
		}
		from[s.Name] = s.File
		f.Subscriptions = append(f.Subscriptions, s)
	}
	slices.SortFunc(f.Subscriptions, func(a, b *Subscription) int { return strings.Compare(a.Name, b.Name) })
	slices.SortStableFunc(f.Problems, func(a, b Problem) int { return strings.Compare(a.File, b.File) })
	return f
}

// readFiles reads the files of a folder, in the order of their names.
func readFiles(dir string) ([]content, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	defer root.Close()
	names, err := list(root)
	if err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	}
	files := make([]content, len(names))
	for i, name := range names {
		text, err := readFile(root, name)
		files[i] = content{name, text, err}
	}
	return files, nil
}

// list returns the names of the files to read.
func list(root *os.Root) ([]string, error) {
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	all, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(all, func(name string) bool {
		_, ok := trimEnding(name)
		return !ok || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
	})
	if len(names) > maxFiles {
		return nil, fmt.Errorf("%s: %d files: the limit is %d", root.Name(), len(names), maxFiles)
	}
	slices.Sort(names)
	return names, nil
}

// readFile reads a file, at most one byte more than a file may have.
func readFile(root *os.Root, name string) ([]byte, error) {
	// Opening a pipe would block until a process writes to it.
	if info, err := root.Stat(name); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is no regular file")
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", reason(err))
	}
	return text, nil
}

// reason returns an error without the name of the file.
func reason(err error) error {
	if path, ok := err.(*os.PathError); ok {
		return path.Err
	}
	return err
}
