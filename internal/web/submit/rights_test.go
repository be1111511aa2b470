// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue"
)

const (
	issueReport = `{"version": {"major": 5, "minor": 3}, "builds": [], "issues": [{"id": "ci:1", "version": 1, "origin": "ci"}]}`
	testReport  = `{"issues": [{"id": "ci:1", "version": 1, "origin": "ci"}], "tests": [{"id": "ci:1", "build_id": "ci:1", "origin": "ci"}], "version": {"major": 5, "minor": 3}}`
)

// testKeys returns new keys of a service.
func testKeys(t *testing.T) *auth.Keys {
	t.Helper()
	private, _, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.ParseKeys(private)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// TestRights submits with tokens of different roles and origins.
func TestRights(t *testing.T) {
	d, h := newReceiver(t, 0)
	keys := testKeys(t)
	revoked, begun := "", time.Now()
	d.Auth = &auth.Checker{
		Primary: secret.Fixed("s"), Keys: func() *auth.Keys { return keys },
		Revoked: func(_ context.Context, id string) bool { return id == revoked },
	}
	d.MaxMemory = 1 << 20
	own := func(roles, origins string) string {
		all, err := auth.ParseRoles(roles)
		if err != nil {
			t.Fatal(err)
		}
		text, err := keys.Sign(auth.Token{Origins: strings.Split(origins, ","), Roles: all, Expires: begun.Add(time.Hour)}, begun)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	old := func(origin string) string {
		text, err := auth.Sign("s", origin, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	revoked = auth.ID(own("submit", "revoked"))
	for _, test := range []struct {
		name, token, report string
		rule                auth.Rule
		code                int
		message             string
		origins             string // of the message
	}{
		{"submit", own("submit", "ci,lab"), testReport, auth.Enforce, 200, "", "ci,lab"},
		{"submit, warned", own("submit", "ci,lab"), testReport, auth.Warn, 200, "", ""},
		{"old token", old("ci"), testReport, auth.Enforce, 200, "", "ci"},
		{"old token, off", old("Red Hat"), testReport, auth.Off, 200, "", ""},
		{"old token of no origin", old("Red Hat"), testReport, auth.Enforce, 403, `origin \"Red Hat\" is not`, ""},
		{"origin that looks like two", old("ci,lab"), testReport, auth.Enforce, 403, "is not of lower-case", ""},
		{"administrator", own("admin", "ci"), testReport, auth.Enforce, 200, "", "ci"},
		{"issue", own("issue", "ci"), issueReport, auth.Enforce, 200, "", "ci"},
		{"issue with a test", own("issue", "ci"), testReport, auth.Enforce, 403, "issues and incidents only", ""},
		{"read", own("read", "ci"), issueReport, auth.Enforce, 403, "it needs the role submit", ""},
		{"revoked", own("submit", "revoked"), testReport, auth.Enforce, 401, "RevokedToken", ""},
	} {
		d.Rule = test.rule
		r := httptest.NewRequest("POST", "/submit", strings.NewReader(test.report))
		r.Header.Set("Authorization", "Bearer "+test.token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.code || !strings.Contains(w.Body.String(), test.message) {
			t.Errorf("%s: %d %s, want %d %s", test.name, w.Code, w.Body, test.code, test.message)
		}
		got, err := d.Queue.Pull(t.Context(), queue.Limits{Messages: 1}, time.Millisecond)
		if err != nil || len(got) == 1 != (test.code == 200) {
			t.Fatalf("%s: %d messages, %v", test.name, len(got), err)
		}
		if len(got) == 0 {
			continue
		}
		if m := got[0].Message(); m.Token != auth.ID(test.token) || m.Origins != test.origins {
			t.Errorf("%s: token %q, origins %q", test.name, m.Token, m.Origins)
		}
		if err := got[0].Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

	for token, code := range map[string]int{own("issue", "ci"): 404, own("read", "ci"): 403, own("submit", "revoked"): 401} {
		r := httptest.NewRequest("GET", "/status?id=x", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != code {
			t.Errorf("status: %d %s, want %d", w.Code, w.Body, code)
		}
	}
}

// TestWithoutAuthentication: no token is recorded, and any origin is allowed.
func TestWithoutAuthentication(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.Rule = auth.Enforce
	if w := ask(h, "POST", "/submit", testReport); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	got, err := d.Queue.Pull(t.Context(), queue.Limits{Messages: 1}, time.Minute)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d messages, %v", len(got), err)
	}
	if m := got[0].Message(); m.Token != "" || m.Origins != "" || m.Origin != "none" {
		t.Errorf("%+v", m)
	}
}
