// SPDX-License-Identifier: Apache-2.0

// Package frontend serves the built files of a web front end: an application of one page,
// such as that of KernelCI, which runs in the browser and asks our API.
//
// The files are read when they are asked for, so that a new build can be copied over the
// old one while the service runs.
package frontend

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// index is the page of the application.
const index = "index.html"

// policy is the content security policy of the application. It runs its own scripts and
// asks the API of its own address, and nothing else. Inline styles are allowed, because
// the libraries of KernelCI's front end add style sheets while they run; styles run
// nothing. Icons and fonts may be in style sheets, as data.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Files are the files of a front end.
type Files struct {
	root *os.Root // opens no file outside the directory, whatever a path or a link says
	log  *slog.Logger
}

// Open opens the directory with the files. It returns an error if the directory has no
// index.html.
func Open(dir string, log *slog.Logger) (*Files, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &Files{root: root, log: log}
	if _, err := f.read(index); err != nil {
		root.Close()
		return nil, fmt.Errorf("%s has no %s that can be read: name the directory with the built front end, such as dashboard/dist: %w", dir, index, err)
	}
	return f, nil
}

// Close closes the directory.
func (f *Files) Close() error { return f.root.Close() }

// Routes adds the files to a front, below its other paths. Add the paths of the API
// first.
func (f *Files) Routes(to *front.Front) {
	to.HandleBelow("/", front.File, front.Methods{http.MethodGet: f.serve})
}

// serve answers with a file. It answers with the page for each path that may be a route
// of the application, because only the application knows its routes.
func (f *Files) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	content, err := f.read(name)
	if errors.Is(err, fs.ErrNotExist) && f.mayBeRoute(name) {
		name = index
		content, err = f.read(name)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		front.NotFound(w, r)
	case err != nil:
		f.log.Error("cannot read a file of the front end", "file", name, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
	default:
		header := w.Header()
		header.Set("Content-Type", typeOf(name))
		header.Set("Cache-Control", keepFor(name))
		header.Set("Content-Security-Policy", policy)
		w.Write(content)
	}
}

// read returns the content of a file. The error is fs.ErrNotExist if there is no such
// file, also for a directory, a hidden file, and a link that leads elsewhere.
func (f *Files) read(name string) ([]byte, error) {
	if strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return nil, fs.ErrNotExist
	}
	info, err := f.root.Stat(name)
	if errors.Is(err, fs.ErrPermission) {
		return nil, err
	}
	if err != nil || !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return f.root.ReadFile(name)
}

// mayBeRoute reports whether a path that is no file may be a route of the application. A
// name with a dot, such as /favicon.ico, and a path in a directory of the build, such as
// /assets/old.js, is a file that is missing: instead of a script the browser must not
// get a page. Below other paths a dot says nothing: /tree/stable/linux-6.12.y is a route.
func (f *Files) mayBeRoute(name string) bool {
	top, _, deeper := strings.Cut(name, "/")
	if !deeper || strings.HasPrefix(top, ".") {
		return !strings.Contains(top, ".")
	}
	info, err := f.root.Stat(top)
	return err != nil || !info.IsDir()
}

// hashed matches a file whose name has a hash of its content, as bundlers write it.
var hashed = lazyregexp.New(`^assets/.*[-.][A-Za-z0-9_-]{8}\.[a-z0-9.]+$`)

// keepFor returns how long browsers may use a file: a year if another content gets
// another name, otherwise until they ask whether it changed.
func keepFor(name string) string {
	if hashed().MatchString(name) {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

// types are the content types of files, by the end of their names. The tables of
// the system are not used, because they differ between systems.
var types = map[string]string{
	".avif": "image/avif", ".gif": "image/gif", ".ico": "image/x-icon", ".jpeg": "image/jpeg", ".jpg": "image/jpeg",
	".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp",
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".wasm": "application/wasm",
	".json": "application/json", ".map": "application/json", ".webmanifest": "application/manifest+json",
	".ttf": "font/ttf", ".woff": "font/woff", ".woff2": "font/woff2",
}

// typeOf returns the content type of a file.
func typeOf(name string) string {
	if known := types[strings.ToLower(path.Ext(name))]; known != "" {
		return known
	}
	return "application/octet-stream"
}
