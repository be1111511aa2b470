// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// sandboxShare is the part of memory, connections and places that the sandbox may take in
// addition to those of the service.
const sandboxShare = 4

// checkSandbox returns an error if the keys of the sandbox are not valid.
func (c *Config) checkSandbox(r roles) error {
	if c.SandboxDays < 1 {
		return errors.New("sandbox_days must be at least 1")
	}
	if c.SandboxListen == "" {
		if c.SandboxURL != "" {
			return errors.New("sandbox_url needs sandbox_listen: HOST:PORT of the sandbox")
		}
		return nil
	}
	if u, err := url.Parse(c.SandboxURL); c.SandboxURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return errors.New("sandbox_url must be the http or https URL of the pages of the sandbox")
	}
	if _, _, err := net.SplitHostPort(c.SandboxListen); err != nil {
		return fmt.Errorf("sandbox_listen must be HOST:PORT: %w", err)
	}
	if !r.web || c.Data == "" {
		return errors.New("sandbox_listen is for a process with the role web and a data directory")
	}
	return nil
}

// sandboxConfig returns the configuration of the sandbox: a small service with a database and
// a queue of its own in the data directory, which notifies no one. Tokens, their rules and the
// bounds of a submission are those of the service. All readers need a token if the service has
// private origins: a public database of a sandbox would have to be made again whenever they
// change.
func (c *Config) sandboxConfig() Config {
	own := DefaultConfig()
	own.Data, own.Listen, own.BaseURL, own.Roles = filepath.Join(c.Data, "sandbox"), c.SandboxListen, c.SandboxURL, "web,load"
	own.RetentionDays, own.SubmissionDays = c.SandboxDays, c.SandboxDays
	if c.Artifacts == noArtifacts {
		own.Artifacts = noArtifacts
	}
	own.JWTSecret, own.JWTSecretFile, own.UnifiedSecret, own.UnifiedSecretFile = c.JWTSecret, c.JWTSecretFile, c.UnifiedSecret, c.UnifiedSecretFile
	own.SigningKey, own.SigningKeyFile, own.AllowOpen, own.Origins = c.SigningKey, c.SigningKeyFile, c.AllowOpen, c.Origins
	if own.Read = c.Read; c.PrivateOrigins != "" {
		own.Read = readToken
	}
	own.TLSCert, own.TLSKey, own.HSTSDays, own.TrustedProxies = c.TLSCert, c.TLSKey, c.HSTSDays, c.TrustedProxies
	own.MaxSubmission, own.MaxObjects, own.MaxMemory = c.MaxSubmission, c.MaxObjects, max(c.MaxMemory/sandboxShare, 1)
	own.QueueLimit, own.TokenRate, own.TokenBurst = c.QueueLimit, c.TokenRate, c.TokenBurst
	own.MaxConnections = max(c.MaxConnections/sandboxShare, minConnections)
	own.APIRate, own.APIBurst, own.APISeconds, own.APIAtOnce = c.APIRate, c.APIBurst, c.APISeconds, max(c.APIAtOnce/sandboxShare, 1)
	own.LogHosts, own.CORSOrigins, own.Trees = c.LogHosts, c.CORSOrigins, c.Trees
	return own
}

// sandbox is a second, small service within the service, for trying.
type sandbox struct {
	service *Service
	front   *front.Front // set when it is ready
	address net.Addr
}

// startSandbox starts the sandbox, if one is configured, and returns it when it answers; nil
// without one.
func (s *Service) startSandbox(ctx context.Context, group *errgroup.Group) (*sandbox, error) {
	inner := s.inner
	if inner == nil {
		return nil, nil
	}
	inner.auth, inner.isSandbox, inner.now = s.auth, true, s.now
	b := &sandbox{service: inner}
	ready, ended := make(chan struct{}), make(chan error, 1)
	inner.Ready = func(a net.Addr) { b.address = a; close(ready) }
	inner.answering = func(f *front.Front) { b.front = f }
	group.Go(func() error {
		err := inner.Run(ctx)
		ended <- err
		return err
	})
	select {
	case <-ready:
		return b, nil
	case err := <-ended:
		if err == nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("sandbox: %w", err)
	}
}

// routes adds the paths of the sandbox at the main address: /sandbox leads to its pages, and
// /sandbox/submit hands reports in to it.
func (b *sandbox) routes(f *front.Front) {
	f.Handle("/sandbox", front.Light, front.Methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, b.url(r)+"/", http.StatusFound)
	}})
	f.Handle("/sandbox/submit", front.Submission, front.Methods{http.MethodPost: func(w http.ResponseWriter, r *http.Request) {
		inner := r.Clone(r.Context())
		inner.URL.Path, inner.URL.RawPath = "/submit", ""
		b.front.ServeHTTP(w, inner)
	}})
}

// url returns the URL of the pages of the sandbox as the reader reaches them.
func (b *sandbox) url(r *http.Request) string {
	if b.service.cfg.BaseURL != "" {
		return strings.TrimSuffix(b.service.cfg.BaseURL, "/")
	}
	u, err := url.Parse(shell.Address(r))
	_, port, splitErr := net.SplitHostPort(b.address.String())
	if err != nil || splitErr != nil {
		return ""
	}
	return u.Scheme + "://" + net.JoinHostPort(u.Hostname(), port)
}
