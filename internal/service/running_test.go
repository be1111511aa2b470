// SPDX-License-Identifier: Apache-2.0

package service

import (
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/web/certificates/certificatestest"
)

// TestAsk: a service is asked as it listens, also if its certificate expired, or is for a
// name that does not lead here.
func TestAsk(t *testing.T) {
	pair, other := certificatestest.New(t), certificatestest.New(t)
	pair.Write(t, time.Now().Add(-time.Hour), "kcidb.example.org")
	other.Write(t, time.Now().Add(time.Hour), "kcidb.example.org")
	https := func(c *Config) { c.TLSCert, c.TLSKey = pair.Cert, pair.Key }
	for name, change := range map[string]func(*Config){
		"http":  func(*Config) {},
		"https": https,
		"admin": func(c *Config) { https(c); c.AdminListen = address.Reserve(t) },
		"port":  func(c *Config) { c.AdminListen = strings.TrimPrefix(address.Reserve(t), "127.0.0.1") },
	} {
		t.Run(name, func(t *testing.T) {
			c := DefaultConfig()
			start(t, func(cfg *Config) {
				change(cfg)
				cfg.Listen = address.Reserve(t)
				c = *cfg
			})
			running, err := Ask(t.Context(), &c)
			if err != nil || !running.Ready || len(running.Parts) == 0 || len(running.Gauge) == 0 {
				t.Fatalf("%+v, %v", running, err)
			}
			if c.AdminListen == "" && c.TLSCert != "" {
				c.TLSCert, c.TLSKey = other.Cert, other.Key
				if _, err := Ask(t.Context(), &c); err == nil || !strings.Contains(err.Error(), "does not have the TLS certificate") {
					t.Errorf("another certificate: %v", err)
				}
			}
		})
	}
}

// TestAskByACME: a service is asked by the first certificate that it got.
func TestAskByACME(t *testing.T) {
	main, plain := address.Reserve(t), address.Reserve(t)
	authority := certificatestest.StartAuthority(t, plain, main)
	c := DefaultConfig()
	start(t, func(cfg *Config) {
		cfg.Listen, cfg.HTTPListen, cfg.ACMEHosts = main, plain, "kcidb.example.org"
		cfg.ACMEDirectory, cfg.ACMERoots = authority.Directory, authority.Roots
		c = *cfg
	})
	eventually.Succeeds(t, func() error {
		_, err := Ask(t.Context(), &c)
		return err
	})
}
