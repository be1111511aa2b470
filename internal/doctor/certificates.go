// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/service"
)

// littleValidity is how long before its end a certificate should have been renewed. The
// service renews those by ACME thirty days before.
const littleValidity = 21 * day

// checkCertificates checks the TLS certificates of the service.
func (d *doctor) checkCertificates(context.Context) {
	all := d.Config.Certificates()
	for _, c := range all {
		d.checkCertificate(c)
	}
	u, err := url.Parse(d.Config.BaseURL)
	if len(all) == 0 || d.Config.BaseURL == "" || err != nil || d.Config.TrustedProxies != "" { // a proxy has certificates of its own
		return
	}
	named := func(c service.Certificate) bool {
		return c.Err == nil && c.Leaf.VerifyHostname(u.Hostname()) == nil || c.Host == u.Hostname()
	}
	if all[0].Err == nil && !slices.ContainsFunc(all, named) {
		d.fail("TLS", "no certificate has the name "+u.Hostname()+" of base_url", "get a certificate for this name, or change base_url")
	}
	if u.Scheme != "https" {
		d.warn("TLS", "links in mails and feeds lead to plain HTTP", "begin base_url with https://")
	}
}

// checkCertificate checks whether a certificate can be used, and for how long.
func (d *doctor) checkCertificate(c service.Certificate) {
	name, renew := "the certificate "+d.Config.TLSCert, "renew it: the service reads the new files within a minute"
	if c.Host != "" {
		name, renew = "the certificate for "+c.Host, "the service failed to renew it: journalctl -u kcidb | grep ACME"
	}
	switch {
	case c.Host != "" && errors.Is(c.Err, fs.ErrNotExist):
		d.warn("TLS", "no certificate for "+c.Host+" yet: the service gets it by ACME", "the authority must reach this host at port 443, or at port 80 by http_listen")
		return
	case c.Err != nil:
		d.fail("TLS", name+": "+c.Err.Error(), "tls_cert has the certificate and its chain, tls_key the key that belongs to it, both as PEM")
		return
	}
	left := c.Leaf.NotAfter.Sub(d.Now())
	switch state := fmt.Sprintf("%s is valid for %d days", name, left/day); {
	case left <= 0:
		d.fail("TLS", name+" expired at "+c.Leaf.NotAfter.UTC().Format(time.RFC3339), renew)
	case d.Now().Before(c.Leaf.NotBefore):
		d.fail("TLS", name+" is not valid before "+c.Leaf.NotBefore.UTC().Format(time.RFC3339), "synchronise the clock: timedatectl set-ntp true")
	case left < littleValidity:
		d.warn("TLS", state, renew)
	default:
		d.ok("TLS", state)
	}
}
