// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/web/certificates/certificatestest"
)

// browserOf returns a client that trusts a pool and follows no redirects. All host names lead
// to 127.0.0.1 for it.
func browserOf(t *testing.T, trusted *x509.CertPool) *http.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(address)
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// TestTLS: both addresses encrypt, and say so to browsers; plain HTTP leads there, and not to
// other hosts.
func TestTLS(t *testing.T) {
	pair := certificatestest.New(t)
	trusted := pair.Write(t, time.Now().Add(time.Hour), "kcidb.example.org", "127.0.0.1")
	plain, second := address.Reserve(t), address.Reserve(t)
	s := start(t, func(c *Config) {
		c.TLSCert, c.TLSKey, c.HTTPListen, c.JWTSecret = pair.Cert, pair.Key, plain, "s"
		c.FrontEnd, c.FrontEndListen = builtFrontEnd(t), second
	})
	main := strings.TrimPrefix(s.url, "http://")
	_, port, _ := net.SplitHostPort(main)
	client := browserOf(t, trusted)
	const year = "max-age=31536000"
	for _, test := range []struct {
		method, url, host string
		code              int
		location, hsts    string
	}{
		{"GET", "https://" + main + "/api/tree/?a=1", "", 200, "", year},
		{"GET", "https://" + main + "/nothing", "", 404, "", year},
		{"GET", "https://" + second + "/tree/a", "", 200, "", year},
		{"GET", "http://" + plain + "/test/a%3Ab?q=1&r=a+b", "kcidb.example.org", 301, "https://kcidb.example.org:" + port + "/test/a%3Ab?q=1&r=a+b", ""},
		{"GET", "http://" + plain + "//evil.example", "kcidb.example.org", 301, "https://kcidb.example.org:" + port + "//evil.example", ""},
		{"GET", "http://" + plain + "/", "evil.example", 421, "", ""},
		{"POST", "http://" + plain + "/submit", "kcidb.example.org", 403, "", ""},
	} {
		r := request(t, test.method, test.url, nil)
		if test.host != "" {
			r.Host = test.host
		}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		h := answer.Header
		if answer.StatusCode != test.code || h.Get("Location") != test.location || h.Get("Strict-Transport-Security") != test.hsts {
			t.Errorf("%s %s: %d %v", test.method, test.url, answer.StatusCode, h)
		}
		if answer.TLS != nil && answer.ProtoMajor != 2 {
			t.Errorf("%s: %s", test.url, answer.Proto)
		}
	}
	if answer, err := client.Get("http://" + main + "/"); err != nil || answer.StatusCode != 400 {
		t.Errorf("plain HTTP at the address of HTTPS: %v, %v", answer, err)
	} else {
		answer.Body.Close()
	}
	old := &tls.Config{RootCAs: trusted, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	if conn, err := tls.Dial("tcp", main, old); err == nil {
		t.Error("TLS 1.1 is served")
		conn.Close()
	}
	if !strings.Contains(s.log.String(), `"msg":"serving","url":"https://`) {
		t.Error("the log does not say that the service answers by HTTPS")
	}
}

// TestCertificateIsReplaced: a renewed certificate is served without a restart.
func TestCertificateIsReplaced(t *testing.T) {
	pair := certificatestest.New(t)
	first := pair.Write(t, time.Now().Add(time.Hour), "127.0.0.1")
	var ahead atomic.Int64
	s := startWith(t, func(c *Config) { c.TLSCert, c.TLSKey = pair.Cert, pair.Key }, func(s *Service) {
		s.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	main := strings.TrimPrefix(s.url, "http://")
	handshake := func(trusted *x509.CertPool) error {
		conn, err := tls.Dial("tcp", main, &tls.Config{RootCAs: trusted})
		if err == nil {
			conn.Close()
		}
		return err
	}
	if err := handshake(first); err != nil {
		t.Fatal(err)
	}
	second := pair.Write(t, time.Now().Add(2*time.Hour), "127.0.0.1")
	ahead.Store(int64(time.Minute))
	if err := handshake(second); err != nil {
		t.Error(err)
	}
	if err := handshake(first); err == nil {
		t.Error("the old certificate is served")
	}
}

// TestACME: the service gets a certificate by each kind of question that the authority can
// ask, serves it, and keeps it for the next start.
func TestACME(t *testing.T) {
	for _, question := range []string{"tls-alpn-01", "http-01"} {
		t.Run(question, func(t *testing.T) {
			main, plain := address.Reserve(t), address.Reserve(t)
			askedHTTP, askedTLS := plain, main
			if question == "http-01" {
				askedTLS = address.Reserve(t) // no one answers there
			}
			authority := certificatestest.StartAuthority(t, askedHTTP, askedTLS)
			change := func(c *Config) {
				c.Listen, c.HTTPListen = main, plain
				c.ACMEHosts, c.ACMEEmail = "kcidb.example.org", "admin@example.org"
				c.ACMEDirectory, c.ACMERoots = authority.Directory, authority.Roots
			}
			s := start(t, change)
			client := browserOf(t, authority.Trusted)
			_, port, _ := net.SplitHostPort(main)
			visit := func() error {
				answer, err := client.Get("https://kcidb.example.org:" + port + "/health")
				if err != nil {
					return err
				}
				return answer.Body.Close()
			}
			eventually.Succeeds(t, visit)
			metrics, err := client.Get("https://kcidb.example.org:" + port + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer metrics.Body.Close()
			var body bytes.Buffer
			body.ReadFrom(metrics.Body)
			if !strings.Contains(body.String(), "\nkcidb_tls_expires_timestamp_seconds 1.") {
				t.Error("no metric says when the certificate expires")
			}
			if _, err := tls.Dial("tcp", main, &tls.Config{RootCAs: authority.Trusted, ServerName: "evil.example"}); err == nil {
				t.Error("a certificate for another name")
			}
			cache := filepath.Join(s.data, "acme")
			info, err := os.Stat(cache)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("the cache: %v, %v", info, err)
			}
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			client.CloseIdleConnections()
			start(t, func(c *Config) {
				change(c)
				c.Data, c.ACMEDirectory = s.data, "https://127.0.0.1:1/dir" // the authority is gone
			})
			if err := visit(); err != nil {
				t.Errorf("after a restart: %v", err)
			}
		})
	}
}

// TestSchemeBehindProxies: only a trusted proxy says that its client came by HTTPS.
func TestSchemeBehindProxies(t *testing.T) {
	for _, test := range []struct {
		proxies, base, forwarded string
		home, hsts               bool // the feed links to https; the header is sent
	}{
		{"127.0.0.1", "https://kcidb.example.org", "https", true, true},
		{"127.0.0.1", "https://kcidb.example.org", "http", true, false},
		{"127.0.0.1", "", "https", true, false},
		{"", "https://kcidb.example.org", "https", true, false},
		{"", "", "https", false, false},
		{"192.0.2.0/24", "", "https", false, false},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			s := start(t, func(c *Config) { c.TrustedProxies, c.BaseURL = test.proxies, test.base })
			answer := do(t, request(t, "GET", s.url+"/atom/regressions", nil, "X-Forwarded-Proto", test.forwarded))
			if home := strings.Contains(answer.body, `href="https://`); home != test.home {
				t.Errorf("links to https: %v", home)
			}
			if hsts := answer.header.Get("Strict-Transport-Security") != ""; hsts != test.hsts {
				t.Errorf("Strict-Transport-Security: %v", answer.header)
			}
		})
	}
}

// TestConnectionsAreShared: an address that opens all the connections it can get keeps no
// other address out.
func TestConnectionsAreShared(t *testing.T) {
	s := start(t, func(c *Config) { c.MaxConnections = 32 })
	main := strings.TrimPrefix(s.url, "http://")
	for range 3 * 32 {
		conn, err := net.Dial("tcp", main)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	other := &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext, DisableKeepAlives: true}}
	answer, err := other.Get(s.url + "/health")
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("another address: %v, %v", answer, err)
	}
	answer.Body.Close()
}
