// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/secrets"
)

// checkConfig checks whether the service would start with the configuration and the secrets.
func (d *doctor) checkConfig(ctx context.Context) {
	if err := d.Config.Check(ctx); err != nil {
		d.fail("configuration", err.Error(), "change "+d.configName())
		return
	}
	d.ok("configuration", d.configName())
}

func (d *doctor) configName() string {
	if d.File == "" {
		return "the defaults and the environment"
	}
	return d.File
}

// checkRisks warns of settings that are allowed and dangerous.
func (d *doctor) checkRisks(context.Context) {
	c := &d.Config
	risks := 0
	warn := func(detail, mend string) { risks++; d.warn("settings", detail, mend) }
	if !strings.Contains(c.Roles, "web") {
		return
	}
	if c.JWTSecret == "" && c.JWTSecretFile == "" && c.SigningKey == "" && c.SigningKeyFile == "" && c.Open() {
		warn("anyone who reaches "+c.Listen+" may submit", "set jwt_secret_file: openssl rand -hex 32 > FILE; chmod 600 FILE")
	}
	plain := c.Scheme() == "http"
	if plain && c.Open() && c.TrustedProxies == "" {
		warn("tokens and reports may travel to "+c.Listen+" without encryption, and all clients behind a proxy share one rate",
			"set tls_cert and tls_key, or acme_hosts; or put a proxy with TLS in front, and name it in trusted_proxies")
	}
	if plain && !c.Open() && strings.HasPrefix(c.BaseURL, "https://") && c.TrustedProxies == "" {
		warn("base_url is that of a proxy, and all clients behind the proxy share one rate", "name the proxy in trusted_proxies: 127.0.0.1 if it runs here")
	}
	if everyone(c.TrustedProxies) {
		warn("trusted_proxies has all addresses: each client may claim any address, and escape its rate", "name the addresses of the proxies only")
	}
	if c.SMTP != "" && c.BaseURL == "" && strings.Contains(c.Roles, "notify") {
		warn("mails have no links", "set base_url to the public URL of the pages")
	}
	if strings.HasPrefix(c.BaseURL, "http://") && c.Open() {
		warn("base_url has no TLS", "set base_url to an https:// URL")
	}
	if c.MailToOverride != "" {
		warn("all mails go to "+c.MailToOverride, "remove mail_to_override when the trial is over")
	}
	if risks == 0 {
		d.ok("settings", "no risky ones")
	}
}

// everyone reports whether a network in a list has all addresses.
func everyone(networks string) bool {
	return slices.ContainsFunc(strings.Split(networks, ","), func(n string) bool { return strings.HasSuffix(strings.TrimSpace(n), "/0") })
}

// checkFiles checks whether other users can read files with secrets.
func (d *doctor) checkFiles(context.Context) {
	c := &d.Config
	private := map[string]string{"data directory": c.Data}
	for key, file := range map[string]string{
		"jwt_secret_file": c.JWTSecretFile, "unified_secret_file": c.UnifiedSecretFile, "smtp_password_file": c.SMTPPasswordFile,
		"signing_key_file": c.SigningKeyFile, "tls_key": c.TLSKey,
	} {
		private[key] = file
	}
	inline := false
	for key, value := range map[string]secret.Text{
		"jwt_secret": c.JWTSecret, "unified_secret": c.UnifiedSecret, "smtp_password": c.SMTPPassword, "queue_token": c.QueueToken,
		"signing_key": c.SigningKey, "database": c.Database, "public_database": c.PublicDatabase, "read_database": c.ReadDatabase, "queue": c.Queue, "archive_to": c.ArchiveTo,
	} {
		if file, is := strings.CutPrefix(string(value), "file:"); is {
			private[key] = file
		} else if value != "" && !secrets.Refers(value) {
			inline = inline || strings.Contains(key, "secret") || strings.Contains(key, "password") || strings.Contains(key, "token") || strings.Contains(key, "key") ||
				strings.ContainsAny(string(value), "@") || strings.Contains(string(value), "password=")
		}
	}
	if inline && d.File != "" {
		private["configuration with secrets"] = d.File
	}
	forGroup := []string{d.File, c.TLSKey} // often root's, for the group of the service
	bad := 0
	for key, file := range private {
		info, err := os.Stat(file)
		forbidden, mode := fs.FileMode(0o077), "600"
		switch {
		case err != nil: // checkConfig says what is missing
			continue
		case info.IsDir():
			mode = "700"
		case slices.Contains(forGroup, file):
			forbidden, mode = 0o007, "640"
		}
		if info.Mode().Perm()&forbidden == 0 {
			continue
		}
		bad++
		d.fail("files", fmt.Sprintf("other users can read %s (%s)", file, key), "chmod "+mode+" "+file)
	}
	if bad == 0 {
		d.ok("files", "other users cannot read secrets")
	}
}
