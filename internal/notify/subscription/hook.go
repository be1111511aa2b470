// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/secrets"
)

// maxSecret is the most bytes of a secret.
const maxSecret = 4096

// hookKeys are the keys of a webhook.
var hookKeys = []string{"url", "secret", "secret_file"}

// readHooks reads the webhooks. It leaves out those with mistakes.
func (f *Folder) readHooks(dir string, file content) {
	if file.err != nil {
		f.Problems = append(f.Problems, Problem{File: file.name, Text: file.err.Error()})
		return
	}
	src := &source{file: file.name, text: string(file.text)}
	for _, e := range src.read() {
		before := len(src.problems)
		h := f.hook(src, dir, e)
		if len(src.problems) == before {
			f.Hooks[h.Name] = h
		}
	}
	f.Problems = append(f.Problems, src.problems...)
}

func (f *Folder) hook(s *source, dir string, e entry) webhook.Hook {
	h := webhook.Hook{Name: e.name}
	if !namePattern().MatchString(e.name) || len(e.name) > maxName {
		s.problemAt(e.key, "%q is not a name for a webhook", cut(e.name, maxName))
	}
	hasURL := false
	for _, e := range s.mapping(e.value) {
		if !slices.Contains(hookKeys, e.name) {
			s.problemAt(e.key, "webhook %s: unknown key %q%s", h.Name, e.name, nearestName(hookKeys, e.name))
			continue
		}
		w, ok := s.words(e, e.value)
		if !ok {
			hasURL = true
			continue
		}
		switch e.name {
		case "url":
			hasURL = true
			h.URL = w.text
			if err := webhook.CheckURL(w.text); err != nil {
				s.problem(w.line, w.column, "webhook %s: url: %v", h.Name, err)
			}
		case "secret":
			if err := checkReference(secret.Text(w.text)); err != nil {
				s.problem(w.line, w.column, "webhook %s: secret: %v", h.Name, err)
			}
			h.From = besideFolder(dir, w.text)
		case "secret_file":
			name := w.text
			if !filepath.IsAbs(name) {
				name = filepath.Join(dir, name)
			}
			f.secrets = append(f.secrets, name)
			text, err := readSecret(name)
			if err != nil {
				s.problem(w.line, w.column, "webhook %s: secret_file: %v", h.Name, err)
			}
			h.Secret = text
		}
	}
	if !hasURL {
		s.problemAt(e.key, "webhook %s: url: missing", h.Name)
	}
	if h.Secret != "" && h.From != "" {
		s.problemAt(e.key, "webhook %s: use either secret or secret_file", h.Name)
	}
	return h
}

// checkReference returns an error unless a value is a reference. A secret itself must not
// stand in a folder that many people read. The error does not show the value.
func checkReference(value secret.Text) error {
	if err := secrets.Check(value); err != nil {
		return err
	}
	if !secrets.Refers(value) {
		return errors.New("expected file:PATH, env:NAME, credential:NAME or gcp-secret:NAME, not the secret itself")
	}
	return nil
}

// besideFolder returns a reference. The path of a file may be relative to the folder.
func besideFolder(dir, value string) secret.Text {
	if path, ok := strings.CutPrefix(value, "file:"); ok && !filepath.IsAbs(path) {
		value = "file:" + filepath.Join(dir, path)
	}
	return secret.Text(value)
}

// readSecret reads a secret, without white space around it.
func readSecret(name string) (secret.Text, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no regular file", name)
	case info.Size() > maxSecret:
		return "", fmt.Errorf("%s is longer than %d bytes", name, maxSecret)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return "", fmt.Errorf("%s is empty", name)
	}
	return secret.Text(text), nil
}

// unknownHooks reports the webhooks of a subscription that webhooks.yaml lacks.
func (f *Folder) unknownHooks(s *Subscription) (problems []Problem) {
	for i, name := range s.Hooks {
		if _, ok := f.Hooks[name]; ok {
			continue
		}
		w := s.vias[i]
		problems = append(problems, Problem{s.File, w.line, w.column, fmt.Sprintf("via: %s has no webhook %q%s",
			hooksFile, name, nearestName(slices.Sorted(maps.Keys(f.Hooks)), name))})
	}
	return problems
}
