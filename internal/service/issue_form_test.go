// SPDX-License-Identifier: Apache-2.0

package service

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// failing is a report of a boot that fails on two boards for one reason.
const failing = `{"version":{"major":5,"minor":3},
	"checkouts":[{"id":"ci:1","origin":"ci","tree_name":"next","git_repository_branch":"master","git_commit_hash":"5e29d1443c465e29d1443c465e29d1443c465e29","patchset_hash":""}],
	"builds":[{"id":"ci:1","origin":"ci","checkout_id":"ci:1","status":"PASS","architecture":"arm64"}],
	"tests":[{"id":"ci:1","origin":"ci","build_id":"ci:1","path":"boot","status":"FAIL","environment":{"misc":{"platform":"a"}},"log_excerpt":"WARNING: CPU: 0 PID: 1 at kernel/fork.c:14 copy_process+0x1/0x2\n"},
		{"id":"ci:2","origin":"ci","build_id":"ci:1","path":"boot","status":"FAIL","environment":{"misc":{"platform":"b"}},"log_excerpt":"WARNING: CPU: 0 PID: 1 at kernel/fork.c:14 copy_process+0x1/0x2\n"}]}`

// sendForm posts a form as a browser does, and does not follow the redirect.
func sendForm(t *testing.T, base string, form url.Values, headers ...string) reply {
	t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin", "Origin", base}, headers...)
	r := request(t, "POST", base+"/issues/new", strings.NewReader(form.Encode()), headers...)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body strings.Builder
	if err := resp.Write(&body); err != nil {
		t.Fatal(err)
	}
	return reply{code: resp.StatusCode, header: resp.Header, body: body.String()}
}

// TestIssueForm records an issue with two results by the form, changes it, and is refused
// where any submitter is.
func TestIssueForm(t *testing.T) {
	s := start(t, func(c *Config) { c.JWTSecret = "s" })
	tokenOf := func(origin string) string {
		token, err := auth.Sign("s", origin, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	if answer := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(failing), "Authorization", "Bearer "+tokenOf("ci"))); answer.Status != "ok" {
		t.Fatalf("submit: %s", answer.body)
	}
	page := ""
	eventually.True(t, "the form offers both results", func() bool {
		page = do(t, request(t, "GET", s.url+"/issues/new?test=ci%3A1", nil)).body
		return strings.Count(page, `name="result"`) == 2
	})
	for _, want := range []string{`name="token" type="password" autocomplete="off"`, `value="WARNING in copy_process"`, `name="path" value="boot"`, `value="test:ci:2" checked`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	form := url.Values{"comment": {"fork warns"}, "culprit": {"code"}, "test": {"ci:1"}, "result": {"test:ci:1", "test:ci:2"}, "token": {tokenOf("lab")}}
	changed := func(name string, values ...string) url.Values {
		other := url.Values{}
		for name, all := range form {
			other[name] = all
		}
		other[name] = values
		return other
	}
	for _, c := range []struct {
		name    string
		form    url.Values
		headers []string
		code    int
		want    string
	}{
		{"without a token", changed("token"), nil, 401, `<a href="#token">The token is not valid`},
		{"with a wrong token", changed("token", tokenOf("lab")+"x"), nil, 401, "InvalidSignature"},
		{"of another site", form, []string{"Sec-Fetch-Site", "cross-site"}, 403, "The form came from another site"},
		{"by an old browser of another site", form, []string{"Sec-Fetch-Site", "", "Origin", "https://evil.example.org"}, 403, "The form came from another site"},
		{"without a title", changed("comment"), nil, 422, `<a href="#comment">Write a title`},
		{"of an unknown result", changed("result", "test:ci:9"), nil, 422, "No such result: test:ci:9"},
		{"of an unknown issue", changed("issue", "ci:9"), nil, 404, "No such issue"},
		{"that is too large", changed("comment", strings.Repeat("x", 200_000)), nil, 413, "The form is too large"},
	} {
		got := sendForm(t, s.url, c.form, c.headers...)
		if got.code != c.code || !strings.Contains(got.body, c.want) {
			t.Errorf("%s: %d, want %d with %q:\n%s", c.name, got.code, c.code, c.want, got.body)
		}
		if strings.Contains(got.body, "eyJ") || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the answer has the token, or may be kept:\n%s", c.name, got.body)
		}
		if c.code == 422 && c.name != "without a title" && !strings.Contains(got.body, `value="fork warns"`) {
			t.Errorf("%s: the form is empty again:\n%s", c.name, got.body)
		}
	}

	got := sendForm(t, s.url, form)
	receipt := got.header.Get("Location")
	if got.code != 303 || !strings.HasPrefix(receipt, "/submission/") {
		t.Fatalf("%d\n%s", got.code, got.body)
	}
	var id string
	eventually.True(t, "the issue is in the list", func() bool {
		list := do(t, request(t, "GET", s.url+"/issues", nil)).body
		_, rest, found := strings.Cut(list, `<a href="/issue/lab:`)
		digits, _, _ := strings.Cut(rest, `"`)
		id = "lab:" + digits
		return found
	})
	if page := do(t, request(t, "GET", s.url+"/issue/"+id, nil)).body; !strings.Contains(page, "Seen 2 times") {
		t.Errorf("the issue was not seen twice:\n%s", page)
	}
	if page := do(t, request(t, "GET", s.url+receipt, nil)).body; !strings.Contains(page, "All 3 objects are stored") {
		t.Errorf("the receipt says\n%s", page)
	}

	edit := url.Values{"issue": {id}, "base": {"1"}, "comment": {"fork warns, a fix is proposed"}, "culprit": {"code"}, "token": {tokenOf("other")}}
	if got := sendForm(t, s.url, edit); got.code != 422 || !strings.Contains(got.body, "The issue is of lab, and you record as other") {
		t.Errorf("a change by another origin: %d\n%s", got.code, got.body)
	}
	edit.Set("token", tokenOf("lab"))
	if got := sendForm(t, s.url, edit); got.code != 303 {
		t.Errorf("a change: %d\n%s", got.code, got.body)
	}
	eventually.True(t, "the issue has a second version", func() bool {
		return strings.Contains(do(t, request(t, "GET", s.url+"/issue/"+id, nil)).body, "version 2 of")
	})
	if strings.Contains(s.log.String(), tokenOf("lab")[:20]) {
		t.Error("a token is in the log")
	}
}

// TestIssueFormWithoutTokens: where submitters need no token, the form asks for the origin.
func TestIssueFormWithoutTokens(t *testing.T) {
	s := start(t, nil)
	page := do(t, request(t, "GET", s.url+"/issues/new", nil)).body
	if !strings.Contains(page, `id="origin"`) || strings.Contains(page, `type="password"`) {
		t.Errorf("the form is\n%s", page)
	}
	if got := sendForm(t, s.url, url.Values{"comment": {"fork warns"}}); got.code != 422 || !strings.Contains(got.body, `<a href="#origin">`) {
		t.Errorf("without an origin: %d\n%s", got.code, got.body)
	}
	if got := sendForm(t, s.url, url.Values{"comment": {"fork warns"}, "origin": {"my_lab"}}); got.code != 303 {
		t.Errorf("%d\n%s", got.code, got.body)
	}
	for path, code := range map[string]int{"/issues/new?test=ci%3A9": 404, "/issues/new?build=ci%3A9": 404, "/issues/new?issue=ci%3A9": 404, "/issues/newer": 404, "/issues/new?x=1": 400} {
		if got := do(t, request(t, "GET", s.url+path, nil)); got.code != code {
			t.Errorf("%s: %d", path, got.code)
		}
	}
}
