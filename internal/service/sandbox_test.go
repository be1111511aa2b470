// SPDX-License-Identifier: Apache-2.0

package service

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// TestSandbox submits a report to the sandbox: it is on the pages of the sandbox, which say what
// they are, and not on those of the service.
func TestSandbox(t *testing.T) {
	k := newKeyring(t)
	s := start(t, func(c *Config) { c.SigningKey, c.SandboxListen = k.private, "127.0.0.1:0" })
	inner := sandboxURL(t, s)
	if a := do(t, request(t, "POST", s.url+"/sandbox/submit", strings.NewReader(newReport(1)))); a.code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", a.code)
	}
	token := []string{"Authorization", "Bearer " + k.token(t, "ci", auth.Submit)}
	for n, path := range []string{s.url + "/sandbox/submit", inner + "/submit"} {
		answer := do(t, request(t, "POST", path, strings.NewReader(newReport(n)), token...))
		if answer.Status != "ok" {
			t.Fatalf("%s: %s", path, answer.body)
		}
		eventually.True(t, "the sandbox has loaded it", func() bool {
			return do(t, request(t, "GET", inner+"/status?id="+answer.ID, nil, token...)).Status == "processed"
		})
	}
	for _, path := range []string{"/build/ci:b0", "/build/ci:b1"} {
		if a := read(t, inner+path); a.code != http.StatusOK || !strings.Contains(a.body, `<p class="note" role="note">`) || !strings.Contains(a.body, "removed after 7 days") {
			t.Errorf("the sandbox: %s: %d %.500s", path, a.code, a.body)
		}
		if a := read(t, s.url+path); a.code != http.StatusNotFound || strings.Contains(a.body, `role="note"`) {
			t.Errorf("the service: %s: %d", path, a.code)
		}
	}
	if a := read(t, s.url+"/submit-results"); !strings.Contains(a.body, `<a href="`+inner+`/">sandbox</a>`) || !strings.Contains(a.body, s.url+"/sandbox/submit") {
		t.Errorf("the page about submitting does not mention the sandbox:\n%s", a.body)
	}
	if a := read(t, inner+"/submit-results"); strings.Contains(a.body, "/sandbox/submit") {
		t.Errorf("the sandbox mentions a sandbox")
	}
}

// sandboxURL returns the URL to which the service sends readers of its sandbox.
func sandboxURL(t *testing.T, s *running) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	leads, err := client.Do(request(t, "GET", s.url+"/sandbox", nil))
	if err != nil {
		t.Fatal(err)
	}
	leads.Body.Close()
	inner := strings.TrimSuffix(leads.Header.Get("Location"), "/")
	if leads.StatusCode != http.StatusFound || inner == "" || inner == s.url {
		t.Fatalf("/sandbox: %d to %q", leads.StatusCode, inner)
	}
	return inner
}

// TestSandboxByName submits to the sandbox of a service without tokens by the public name of
// the service.
func TestSandboxByName(t *testing.T) {
	s := start(t, func(c *Config) { c.BaseURL, c.SandboxListen = "https://kcidb.example.org", "127.0.0.1:0" })
	for host, want := range map[string]int{"kcidb.example.org": http.StatusOK, "evil.example": http.StatusMisdirectedRequest} {
		r := request(t, "POST", s.url+"/sandbox/submit", strings.NewReader(newReport(1)))
		r.Host = host
		if a := do(t, r); a.code != want {
			t.Errorf("%s: %d %s, want %d", host, a.code, a.body, want)
		}
	}
}

// TestSandboxOfPrivateOrigins adds a private origin to a service whose sandbox has objects: the
// service starts, and the sandbox shows them to readers with a token.
func TestSandboxOfPrivateOrigins(t *testing.T) {
	k, data := newKeyring(t), t.TempDir()
	token := []string{"Authorization", "Bearer " + k.token(t, "ci", auth.Submit)}
	for _, private := range []string{"", "secretlab"} {
		s := start(t, func(c *Config) {
			c.Data, c.SigningKey, c.SandboxListen, c.PrivateOrigins = data, k.private, "127.0.0.1:0", private
		})
		inner := sandboxURL(t, s)
		if private == "" {
			if a := do(t, request(t, "POST", inner+"/submit", strings.NewReader(newReport(1)), token...)); a.Status != "ok" {
				t.Fatal(a.body)
			}
			waitEmpty(t, inner)
		}
		for want, headers := range map[int][]string{http.StatusOK: token, http.StatusUnauthorized: nil} {
			if private == "" {
				want = http.StatusOK
			}
			if a := do(t, request(t, "GET", inner+"/build/ci:b1", nil, headers...)); a.code != want {
				t.Errorf("private origins %q, headers %q: %d %.200s", private, headers, a.code, a.body)
			}
		}
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSandboxConfig(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(*Config)
	}{
		{"no address", "sandbox_listen must be HOST:PORT", func(c *Config) { c.SandboxListen = "8082" }},
		{"no days", "sandbox_days must be at least 1", func(c *Config) { c.SandboxDays = 0 }},
		{"a URL without a sandbox", "sandbox_url needs sandbox_listen", func(c *Config) { c.SandboxURL = "https://a" }},
		{"no URL", "sandbox_url must be", func(c *Config) { c.SandboxListen, c.SandboxURL = "127.0.0.1:0", "a" }},
		{"no pages", "role web", func(c *Config) { c.SandboxListen, c.Roles, c.Queue = "127.0.0.1:0", "load", "nats://a/b" }},
	} {
		cfg := DefaultConfig()
		cfg.Data = t.TempDir()
		c.change(&cfg)
		if err := cfg.check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestSandboxTakesOverLimits: the sandbox accepts a report that the service accepts, keeps
// bytes only if the service does, and not longer than objects.
func TestSandboxTakesOverLimits(t *testing.T) {
	c := DefaultConfig()
	c.SandboxListen, c.SandboxDays, c.Artifacts = "127.0.0.1:0", 3, noArtifacts
	c.MaxSubmission, c.MaxObjects, c.MaxMemory = 1000, 50, 2
	c.QueueLimit, c.TokenRate, c.TokenBurst, c.MaxConnections = 10, 0, 7, 20
	own := c.sandboxConfig()
	if own.MaxSubmission != 1000 || own.MaxObjects != 50 || own.MaxMemory != 1 {
		t.Errorf("%d bytes and %d objects of a report, %d bytes of all", own.MaxSubmission, own.MaxObjects, own.MaxMemory)
	}
	if own.QueueLimit != 10 || own.TokenRate != 0 || own.TokenBurst != 7 || own.MaxConnections != minConnections {
		t.Errorf("%d in the queue, %d a second and %d at once, %d connections", own.QueueLimit, own.TokenRate, own.TokenBurst, own.MaxConnections)
	}
	if own.ArtifactsSpec() != "" || own.SubmissionDays != 3 || own.RetentionDays != 3 {
		t.Errorf("bytes in %q for %d days, objects for %d", own.ArtifactsSpec(), own.SubmissionDays, own.RetentionDays)
	}
	c.Artifacts, c.MaxConnections = "s3://bucket/raw", 400
	own = c.sandboxConfig()
	if folder := own.ArtifactsFolder(); folder == "" || own.MaxConnections != 100 {
		t.Errorf("bytes in %q, %d connections", folder, own.MaxConnections)
	}
	if err := own.check(); err != nil {
		t.Error(err)
	}
}
