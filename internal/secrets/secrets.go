// SPDX-License-Identifier: Apache-2.0

// Package secrets reads the secrets that a configuration refers to, and notices when they
// are replaced.
//
// The value of a key for a secret is the secret itself, or one of these references:
//
//	gcp-secret:projects/PROJECT/secrets/SECRET[/versions/VERSION]
//	file:PATH
//	env:NAME
//	credential:NAME
//
// They name a secret in Google's Secret Manager, with its latest version by default; a
// file; an environment variable; and a credential of systemd, the file NAME in
// $CREDENTIALS_DIRECTORY. Line ends behind the secret do not belong to it.
//
// A Keeper reads each secret once when it is opened. Run looks at the secrets again, every
// minute by default. A secret that was replaced is used from then on, and the old one no
// longer. If a look fails, the secret known before stays in use, and the log says so once.
package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

// maxSecret is the most bytes of a secret, that of Secret Manager.
const maxSecret = 64 << 10

// Keeper reads secrets and keeps them. Secrets may be opened, and sources called, while Run
// runs.
type Keeper struct {
	Log   *slog.Logger
	Every time.Duration // between two looks of Run; a minute if 0

	mu     sync.Mutex            // guards the fields below
	google *secretmanager.Client // nil until a secret of Secret Manager is opened
	kept   []*kept
}

// kept is a secret that may be replaced.
type kept struct {
	key     string // of the configuration
	from    reference
	current atomic.Pointer[secret.Text]
	failing bool // the last look failed
}

func (s *kept) text() secret.Text { return *s.current.Load() }

// Resolve returns the specification that a value is or refers to. A specification may have
// a password, so it can be kept like a secret. Resolve reads it once.
func Resolve(ctx context.Context, value string) (string, error) {
	from, err := parse(secret.Text(value))
	if err != nil || from == (reference{}) {
		return value, err
	}
	var k Keeper
	text, err := k.fetch(ctx, from)
	if err = errors.Join(err, k.Close()); err != nil {
		return "", fmt.Errorf("%v: %w", from, err)
	}
	return string(text), nil
}

// Reader returns the source of a secret: the value itself, or the secret that the value
// refers to. It returns a nil source for an empty value. Its errors say what to do.
type Reader func(ctx context.Context, value secret.Text) (secret.Source, error)

// Once is a Reader that reads a secret once.
func Once(ctx context.Context, value secret.Text) (secret.Source, error) {
	text, err := Resolve(ctx, string(value))
	return secret.Fixed(secret.Text(text)), err
}

// Reader returns a Reader of the secrets of a key, which the keeper keeps.
func (k *Keeper) Reader(key string) Reader {
	return func(ctx context.Context, value secret.Text) (secret.Source, error) { return k.read(ctx, key, value) }
}

// Open returns the source of a key's secret, as a Reader does. Its errors name the key.
func (k *Keeper) Open(ctx context.Context, key string, value secret.Text) (secret.Source, error) {
	source, err := k.read(ctx, key, value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return source, nil
}

// read returns the source of a key's secret. It does not read a secret again that is kept
// for the key.
func (k *Keeper) read(ctx context.Context, key string, value secret.Text) (secret.Source, error) {
	from, err := parse(value)
	if err != nil {
		return nil, err
	}
	if from == (reference{}) {
		return secret.Fixed(value), nil
	}
	if s := k.find(key, from); s != nil {
		return s.text, nil
	}
	text, err := k.fetch(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", from, err)
	}
	if !from.changes() {
		return secret.Fixed(text), nil
	}
	s := &kept{key: key, from: from}
	s.current.Store(&text)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept = append(k.kept, s)
	return s.text, nil
}

// find returns the secret that is kept for a key, or nil.
func (k *Keeper) find(key string, from reference) *kept {
	for _, s := range k.all() {
		if s.key == key && s.from == from {
			return s
		}
	}
	return nil
}

// all returns the secrets that are kept.
func (k *Keeper) all() []*kept {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.kept)
}

// changes reports whether a later look may find another secret.
func (r reference) changes() bool {
	return r.scheme != schemeEnv && (r.scheme != schemeFile || isRegular(r.name))
}

// fetch returns the secret of a reference.
func (k *Keeper) fetch(ctx context.Context, from reference) (_ secret.Text, err error) {
	var text []byte
	switch from.scheme {
	case schemeFile:
		text, err = readFile(from.name)
	case schemeEnv:
		text, err = readEnv(from.name)
	case schemeCredential:
		text, err = readCredential(from.name)
	case schemeGoogle:
		text, err = k.access(ctx, from.name)
	}
	if err != nil {
		return "", err
	}
	text = bytes.TrimRight(text, "\r\n")
	switch {
	case len(text) == 0:
		return "", errors.New("the secret is empty")
	case len(text) > maxSecret:
		return "", fmt.Errorf("the secret is longer than %d bytes", maxSecret)
	}
	return secret.Text(text), nil
}

// Run looks at the secrets again and again until ctx ends. Then it returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	every := k.Every
	if every <= 0 {
		every = time.Minute
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
			k.Look(ctx)
		}
	}
}

// Look looks at the secrets once, and takes those that were replaced into use.
func (k *Keeper) Look(ctx context.Context) {
	for _, s := range k.all() {
		text, err := k.fetch(ctx, s.from)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !s.failing {
				k.Log.Warn("a secret cannot be read again: the secret known before stays in use", "key", s.key, "from", s.from.String(), "error", err)
			}
			s.failing = true
			continue
		case text != s.text():
			s.current.Store(&text)
			k.Log.Info("a secret was replaced", "key", s.key, "from", s.from.String())
		case s.failing:
			k.Log.Info("a secret can be read again", "key", s.key, "from", s.from.String())
		}
		s.failing = false
	}
}

// Close ends the connection to Secret Manager, if any. Sources keep their secrets.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.google == nil {
		return nil
	}
	return k.google.Close()
}
