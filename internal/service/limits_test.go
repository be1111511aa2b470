// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/testing/address"
)

// submitAs submits a report with a token, "" for no token.
func submitAs(t *testing.T, url, token string, n int) reply {
	t.Helper()
	r := request(t, "POST", url+"/submit", strings.NewReader(newReport(n)))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return do(t, r)
}

// isPostponed checks that a submission was refused until later, in the shape that submitters
// expect.
func isPostponed(t *testing.T, r reply, message string) {
	t.Helper()
	seconds, err := strconv.Atoi(r.header.Get("Retry-After"))
	if r.code != http.StatusTooManyRequests || r.ID != "0" || r.Status != "error" || !strings.Contains(r.Message, message) || err != nil || seconds < 1 {
		t.Errorf("%d %s, Retry-After %q", r.code, r.body, r.header.Get("Retry-After"))
	}
}

// TestQueueLimit: submissions are refused while too many wait, before they are read, and
// accepted when the others are loaded.
func TestQueueLimit(t *testing.T) {
	data := t.TempDir()
	web := start(t, func(c *Config) {
		c.Data, c.Roles, c.Queue, c.QueueLimit = data, "web", secret.Text("embedded:"+data+"/queue"), 3
	})
	for n := range 3 {
		if r := submitAs(t, web.url, "", n); r.code != 200 {
			t.Fatalf("submission %d: %d %s", n, r.code, r.body)
		}
	}
	isPostponed(t, submitAs(t, web.url, "", 3), "wait to be loaded")
	r := request(t, "POST", web.url+"/submit", strings.NewReader("{not even a report"))
	isPostponed(t, do(t, r), "wait to be loaded")
	metrics := do(t, request(t, "GET", web.url+"/metrics", nil)).body
	for _, line := range []string{
		`kcidb_submissions_postponed_total{reason="queue"} 2`, `kcidb_submissions_total 3`, `kcidb_user_errors_total 0`,
		`kcidb_http_requests_total{code="2xx",kind="submission"} 3`, `kcidb_http_requests_total{code="4xx",kind="submission"} 2`,
	} {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			t.Errorf("no metric %s", line)
		}
	}
	if err := web.stop(); err != nil {
		t.Fatal(err)
	}
	all := start(t, func(c *Config) { c.Data, c.QueueLimit = data, 3 })
	for n := range 3 {
		r := submitAs(t, all.url, "", 10+n)
		for deadline := time.Now().Add(time.Minute); r.code == 429 && time.Now().Before(deadline); r = submitAs(t, all.url, "", 10+n) {
		}
		if r.code != 200 {
			t.Fatalf("with a loader: %d %s", r.code, r.body)
		}
	}
}

// TestTokenRate: a token that sends too much keeps no other token out, and is accepted later.
func TestTokenRate(t *testing.T) {
	s := start(t, func(c *Config) { c.JWTSecret, c.TokenRate, c.TokenBurst = "s", 1, 2 })
	var tokens []string
	for _, origin := range []string{"one", "ci"} {
		token, err := auth.Sign("s", origin, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	var refused reply
	for n := 0; refused.code != 429 && n < 100; n++ {
		refused = submitAs(t, s.url, tokens[0], n)
	}
	isPostponed(t, refused, "with this token")
	if r := submitAs(t, s.url, tokens[1], 1000); r.code != 200 {
		t.Errorf("another token: %d %s", r.code, r.body)
	}
	if r := submitAs(t, s.url, "wrong", 1001); r.code != 401 {
		t.Errorf("a wrong token: %d %s", r.code, r.body)
	}
}

// TestAdminAddress: profiles are at the address for administrators and nowhere else, and no
// page of another site reads them.
func TestAdminAddress(t *testing.T) {
	admin, second := address.Reserve(t), address.Reserve(t)
	port := admin[strings.LastIndex(admin, ":"):]
	s := start(t, func(c *Config) {
		c.AdminListen, c.FrontEnd, c.FrontEndListen = port, builtFrontEnd(t), second
	})
	for _, test := range []struct {
		url, host string
		code      int
		body      string // a part of it
	}{
		{"http://" + admin + "/debug/pprof/", "", 200, "goroutine"},
		{"http://" + admin + "/debug/pprof/goroutine?debug=1", "", 200, "goroutine profile"},
		{"http://" + admin + "/debug/pprof/heap", "", 200, ""},
		{"http://" + admin + "/debug/pprof/profile?seconds=1", "", 200, ""},
		{"http://" + admin + "/metrics", "", 200, "kcidb_uptime_seconds"},
		{"http://" + admin + "/health", "", 200, "OK"},
		{"http://" + admin + "/ready", "", 200, "store: OK"},
		{"http://" + admin + "/", "", 404, ""},
		{"http://" + admin + "/debug/pprof/", "evil.example", 421, ""},
		{s.url + "/debug/pprof/", "", 404, ""},
		{s.url + "/debug/pprof/heap", "", 404, ""},
		{"http://" + second + "/debug/pprof/heap", "", 200, "<title>application</title>"},
	} {
		r := request(t, "GET", test.url, nil)
		if test.host != "" {
			r.Host = test.host
		}
		if got := do(t, r); got.code != test.code || !strings.Contains(got.body, test.body) {
			t.Errorf("%s (%s): %d %.200s", test.url, test.host, got.code, got.body)
		}
	}
	if !strings.Contains(s.log.String(), fmt.Sprintf(`"url":"http://%s/debug/pprof/"`, admin)) {
		t.Error("the log does not say where profiles are")
	}
}

// TestObjectLimit: a report may have so many objects and no more, rejected ones included.
func TestObjectLimit(t *testing.T) {
	s := start(t, func(c *Config) { c.MaxObjects = 2 })
	checkout := func(id string) string { return `{"id": "ci:` + id + `", "origin": "ci"}` }
	for _, test := range []struct {
		objects []string
		code    int
	}{
		{[]string{checkout("a"), checkout("b")}, http.StatusOK},
		{[]string{checkout("a"), checkout("b"), checkout("c")}, http.StatusRequestEntityTooLarge},
		{[]string{checkout("a"), checkout("b"), `{"id": "ci:d"}`}, http.StatusRequestEntityTooLarge},
	} {
		body := `{"version": {"major": 5, "minor": 3}, "checkouts": [` + strings.Join(test.objects, ",") + `]}`
		r := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(body)))
		if r.code != test.code || r.code != http.StatusOK && !strings.Contains(r.Message, "3 objects, and may have 2") {
			t.Errorf("%d objects: %d %s", len(test.objects), r.code, r.body)
		}
	}
}
