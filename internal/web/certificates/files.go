// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// lookEvery is how often the files are looked at.
const lookEvery = time.Minute

// Files are a certificate, with its chain, and its key, in two PEM files. A renewed
// certificate needs no restart: the files are read again each minute. While they cannot be
// used, for example because only one of them is replaced yet, the certificate known before
// stays in use.
type Files struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	looked  time.Time
	failing bool
}

var _ Source = (*Files)(nil)

// OpenFiles reads a certificate and its key.
func OpenFiles(cert, key string, log *slog.Logger, now func() time.Time) (*Files, error) {
	current, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	return &Files{cert: cert, key: key, log: log, now: now, current: &current, looked: now()}, nil
}

// Config implements Source.
func (f *Files) Config() *tls.Config {
	return config(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.certificate(), nil })
}

// certificate returns the certificate, from the files if it is time to look at them.
func (f *Files) certificate() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.looked) >= lookEvery {
		f.looked = now
		f.read()
	}
	return f.current
}

// read reads the files again. It logs the first of several failures.
func (f *Files) read() {
	next, err := tls.LoadX509KeyPair(f.cert, f.key)
	switch {
	case err != nil && !f.failing:
		f.log.Error("the TLS certificate cannot be read again: the one known before stays in use", "file", f.cert, "error", err)
	case err == nil && !next.Leaf.Equal(f.current.Leaf):
		f.log.Info("the TLS certificate was replaced", "file", f.cert, "expires", next.Leaf.NotAfter)
	}
	f.failing = err != nil
	if err == nil {
		f.current = &next
	}
}

// Serves implements Source.
func (f *Files) Serves(host string) bool { return f.certificate().Leaf.VerifyHostname(host) == nil }

// Challenges implements Source.
func (f *Files) Challenges(next http.Handler) http.Handler { return next }

// Expires implements Source.
func (f *Files) Expires() time.Time { return f.certificate().Leaf.NotAfter }
