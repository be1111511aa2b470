// SPDX-License-Identifier: Apache-2.0

// Package certificates has the TLS certificates of the HTTP server. They are files, which
// are read again when they are replaced, or come from a certificate authority by ACME
// (RFC 8555), which renews them. Redirect leads clients of plain HTTP to HTTPS.
package certificates

import (
	"crypto/tls"
	"net/http"
	"time"
)

// Source has the certificates of a server. Its methods may be called concurrently.
type Source interface {
	// Config returns the configuration of a TLS server with these certificates: TLS 1.2
	// or newer, HTTP/2 and HTTP/1.1.
	Config() *tls.Config
	// Serves reports whether the server has a certificate for a host, or may get one.
	Serves(host string) bool
	// Challenges returns a handler that answers the questions of a certificate
	// authority over plain HTTP, and all other requests by next.
	Challenges(next http.Handler) http.Handler
	// Expires returns when the first of the certificates expires, the zero time if the
	// server has none yet.
	Expires() time.Time
}

// config returns the configuration that all sources share.
func config(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: certificate}
}
