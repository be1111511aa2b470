// SPDX-License-Identifier: Apache-2.0

package service

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/internal/web/certificates"
)

// encrypted reports whether the service itself answers by HTTPS.
func (c *Config) encrypted() bool { return c.TLSCert != "" || c.ACMEHosts != "" }

// Scheme returns the scheme of the URL of the main address, as the service serves it.
func (c *Config) Scheme() string {
	if c.encrypted() {
		return "https"
	}
	return "http"
}

// acmeCache returns the directory of the certificates by ACME.
func (c *Config) acmeCache() string { return filepath.Join(c.Data, "acme") }

// Certificate is a TLS certificate of the service.
type Certificate struct {
	Host string            // that it was got for by ACME, "" for that of tls_cert
	Leaf *x509.Certificate // nil with Err
	Err  error             // fs.ErrNotExist if it was not got by ACME yet
}

// Certificates returns the TLS certificates that are on disk now: that of tls_cert, or those
// of acme_hosts.
func (c *Config) Certificates() (all []Certificate) {
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		return []Certificate{{"", pair.Leaf, err}}
	}
	for _, host := range splitList(c.ACMEHosts) {
		pair, err := certificates.Kept(c.acmeCache(), host)
		all = append(all, Certificate{host, pair.Leaf, err})
	}
	return all
}

// checkTLS returns an error if the keys of HTTPS are not valid.
func (c *Config) checkTLS() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("tls_cert and tls_key belong together: set both")
	case c.TLSCert != "" && c.ACMEHosts != "":
		return errors.New("tls_cert and acme_hosts exclude each other: certificates are files, or come by ACME")
	case c.HTTPListen != "" && !c.encrypted():
		return errors.New("http_listen leads to HTTPS: set tls_cert and tls_key, or acme_hosts")
	case c.ACMEHosts != "" && c.Data == "":
		return errors.New("acme_hosts needs data: the certificates are kept there")
	}
	if c.HTTPListen != "" {
		if _, _, err := net.SplitHostPort(c.HTTPListen); err != nil {
			return fmt.Errorf("http_listen must be HOST:PORT: %w", err)
		}
	}
	if c.ACMEHosts == "" {
		return nil
	}
	if err := certificates.CheckHosts(splitList(c.ACMEHosts)); err != nil {
		return fmt.Errorf("acme_hosts: %w", err)
	}
	if u, err := url.Parse(c.ACMEDirectory); err != nil || u.Scheme != "https" || u.Host == "" {
		return errors.New("acme_directory must be the https URL of a certificate authority's directory")
	}
	return nil
}

// openCertificates returns the configured certificates with their metric, nil without TLS.
func (s *Service) openCertificates(registry prometheus.Registerer) (source certificates.Source, err error) {
	switch {
	case s.cfg.TLSCert != "":
		if source, err = certificates.OpenFiles(s.cfg.TLSCert, s.cfg.TLSKey, s.log, s.now); err != nil {
			return nil, fmt.Errorf("tls_cert and tls_key: %w", err)
		}
	case s.cfg.ACMEHosts != "":
		acme := certificates.ACME{
			Hosts: splitList(s.cfg.ACMEHosts), Email: s.cfg.ACMEEmail, Directory: s.cfg.ACMEDirectory, Roots: s.cfg.ACMERoots,
			Cache: s.cfg.acmeCache(), Log: s.log,
		}
		if source, err = acme.Open(); err != nil {
			return nil, fmt.Errorf("acme_roots: %w", err)
		}
	default:
		return nil, nil
	}
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kcidb_tls_expires_timestamp_seconds", Help: "When the TLS certificate expires, the first of several; 0 before the service has one."},
		func() float64 {
			if at := source.Expires(); !at.IsZero() {
				return float64(at.Unix())
			}
			return 0
		}))
	return source, nil
}

// redirect returns the handler of plain HTTP.
func (s *Service) redirect(a *listeners) *certificates.Redirect {
	_, port, _ := net.SplitHostPort(a.main.Addr().String())
	redirect := &certificates.Redirect{Source: a.certificates, Port: port}
	if u, err := url.Parse(s.cfg.BaseURL); err == nil && u.Host != "" {
		redirect.Base = u
	}
	return redirect
}
