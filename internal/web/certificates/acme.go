// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// LetsEncrypt is the directory of Let's Encrypt.
const LetsEncrypt = autocert.DefaultACMEDirectory

// complainEvery is how often a failure to get certificates is logged.
const complainEvery = time.Minute

// ACME are certificates of a certificate authority that speaks ACME. Who uses it accepts the
// terms of service of the authority.
type ACME struct {
	// Hosts are the names to get certificates for, in lower case.
	Hosts []string
	// Email is where the authority may write to; "" for no address.
	Email string
	// Directory is the URL of the authority's directory.
	Directory string
	// Roots is a PEM file with the certificates by which the directory is trusted; ""
	// for those of the system.
	Roots string
	// Cache is the directory that keeps the account and the certificates. It is created
	// for its owner only.
	Cache string
	Log   *slog.Logger
}

// fetched are certificates by ACME.
type fetched struct {
	ACME
	manager *autocert.Manager

	mu         sync.Mutex
	expires    map[string]time.Time // by host
	complained time.Time
}

// Open returns a source that gets certificates when it needs them. It connects to nothing
// yet.
func (a ACME) Open() (Source, error) {
	client := &acme.Client{DirectoryURL: a.Directory}
	if a.Roots != "" {
		text, err := os.ReadFile(a.Roots)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no certificates", a.Roots)
		}
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		client.HTTPClient = &http.Client{Transport: transport}
	}
	return &fetched{ACME: a, expires: map[string]time.Time{}, manager: &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(a.Cache), HostPolicy: autocert.HostWhitelist(a.Hosts...), Email: a.Email, Client: client,
	}}, nil
}

// Fetch gets the certificates that a source has not got yet, so that the first visitor need
// not wait, and a failure shows in the log. The server must answer already, because the
// authority calls it. Files need no fetching.
func Fetch(ctx context.Context, s Source) {
	f, ok := s.(*fetched)
	if !ok {
		return
	}
	for _, host := range f.Hosts {
		done := make(chan struct{})
		go func() {
			defer close(done)
			// A client that understands the certificates that a browser gets.
			f.certificate(&tls.ClientHelloInfo{ServerName: host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
		}()
		select {
		case <-done:
		case <-ctx.Done():
			return
		}
	}
}

// Config implements Source.
func (f *fetched) Config() *tls.Config {
	c := config(f.certificate)
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	return c
}

func (f *fetched) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	certificate, err := f.manager.GetCertificate(hello)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.Serves(hello.ServerName):
	case err != nil:
		if now := time.Now(); now.Sub(f.complained) >= complainEvery {
			f.complained = now
			f.Log.Error("no TLS certificate by ACME", "host", hello.ServerName, "directory", f.Directory, "error", err)
		}
	case !slices.Contains(hello.SupportedProtos, acme.ALPNProto): // that one is for the authority
		if _, known := f.expires[hello.ServerName]; !known {
			f.Log.Info("TLS certificate by ACME", "host", hello.ServerName, "expires", certificate.Leaf.NotAfter)
		}
		f.expires[hello.ServerName] = certificate.Leaf.NotAfter
	}
	return certificate, err
}

// Serves implements Source.
func (f *fetched) Serves(host string) bool { return slices.Contains(f.Hosts, host) }

// Challenges implements Source. The manager knows hosts without ports.
func (f *fetched) Challenges(next http.Handler) http.Handler {
	h := f.manager.HTTPHandler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err == nil {
			r = r.WithContext(r.Context())
			r.Host = host
		}
		h.ServeHTTP(w, r)
	})
}

// Expires implements Source.
func (f *fetched) Expires() (first time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, at := range f.expires {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// CheckHosts returns an error if a name cannot be the host of a certificate by ACME.
func CheckHosts(hosts []string) error {
	if len(hosts) == 0 {
		return errors.New("no host")
	}
	for _, host := range hosts {
		if host == "" || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" || strings.ContainsAny(host[:1], ".-") {
			return fmt.Errorf("%q is not a host name in lower case", host)
		}
	}
	return nil
}
