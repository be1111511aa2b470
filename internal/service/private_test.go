// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/store/public"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/testing/hostile"
	"github.com/kcidb-go/kcidb/report"
)

// hidden is the private origin of these tests. The origin "one" tests the same revisions.
const hidden = "two_"

// keyring makes tokens for a service.
type keyring struct {
	private secret.Text
	keys    *auth.Keys
}

func newKeyring(t testing.TB) *keyring {
	t.Helper()
	private, _, err := auth.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := auth.ParseKeys(private)
	if err != nil {
		t.Fatal(err)
	}
	return &keyring{private, keys}
}

// token returns the text of a token.
func (k *keyring) token(t testing.TB, origin string, roles ...auth.Role) string {
	t.Helper()
	text, err := k.keys.Sign(auth.Token{Origins: []string{origin}, Roles: roles, Expires: time.Now().Add(time.Hour)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// submitAs submits a report of an origin, and returns the ID of the submission.
func (k *keyring) submitAs(t testing.TB, s *running, origin string, r *report.Report) string {
	t.Helper()
	answer := do(t, request(t, "POST", s.url+"/submit", bytes.NewReader(r.AppendJSON(nil)), "Authorization", "Bearer "+k.token(t, origin, auth.Submit)))
	if answer.Status != "ok" {
		t.Fatalf("submit: %s", answer.body)
	}
	return answer.ID
}

// stillClock is a clock that stands still until the test moves it.
type stillClock struct{ ahead atomic.Int64 }

var beginning = time.Now().Truncate(time.Second)

func (c *stillClock) now() time.Time { return beginning.Add(time.Duration(c.ahead.Load())) }

// startHiding starts a service that has a private origin.
func startHiding(t *testing.T, k *keyring, clock *stillClock, more func(*Config)) *running {
	t.Helper()
	return startWith(t, func(c *Config) {
		c.SigningKey, c.PrivateOrigins, c.APIRate = k.private, hidden, 0
		if more != nil {
			more(c)
		}
	}, func(s *Service) { s.now = clock.now })
}

// halves returns the objects of the origin "one", and those of the private origin.
func halves(r *report.Report) (shown, private *report.Report) {
	return public.Private{hidden}.PublicOf(r), public.Private{"one"}.PublicOf(r)
}

// settled waits until a service has loaded and judged all it received. It moves the clock,
// because the judge rests.
func settled(t *testing.T, s *running, clock *stillClock) {
	t.Helper()
	waitEmpty(t, s.url)
	eventually.True(t, "all revisions are judged", func() bool {
		clock.ahead.Add(int64(time.Second))
		metrics := do(t, request(t, "GET", s.url+"/metrics", nil)).body
		for _, database := range []string{"public", "whole"} {
			for _, of := range []string{"checkouts", "revisions"} {
				if !strings.Contains(metrics, fmt.Sprintf("kcidb_judge_waiting{database=%q,of=%q} 0\n", database, of)) {
					return false
				}
			}
		}
		return true
	})
}

// visitor asks two services the same, and compares the answers.
type visitor struct {
	with, without *running
	submissions   [2]string // the IDs of the same submission at both
	headers       []string
}

// judgedAt matches the times of the judge, who does not work at the same moment in both.
var judgedAt = regexp.MustCompile(`"(?:changed|judged)":"[^"]*"|<time [^>]*>[^<]*</time> <span>Judged last`)

var linked = regexp.MustCompile(`(?:href|src|action)="(/[^"#]*)`)

// read sends a request to read, and returns the answer as it is.
func read(t *testing.T, url string, headers ...string) reply {
	t.Helper()
	answer, err := http.DefaultClient.Do(request(t, "GET", url, nil, headers...))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{code: answer.StatusCode, header: answer.Header, body: string(body)}
}

// ask asks both services for a path, compares the answers, and returns that of the service
// with private reports.
func (v *visitor) ask(t *testing.T, path string) reply {
	t.Helper()
	a := read(t, v.with.url+path, v.headers...)
	b := read(t, v.without.url+strings.ReplaceAll(path, v.submissions[0], v.submissions[1]), v.headers...)
	clean := func(s *running, text string) string {
		host := strings.TrimPrefix(s.url, "http://")
		text = strings.NewReplacer(host, "HOST", url.QueryEscape(host), "HOST", v.submissions[0], "ID", v.submissions[1], "ID").Replace(text)
		return judgedAt.ReplaceAllString(text, "THEN")
	}
	if x, y := clean(v.with, a.body), clean(v.without, b.body); a.code != b.code || x != y {
		at := 0
		for at < min(len(x), len(y)) && x[at] == y[at] {
			at++
		}
		t.Errorf("%s: status %d and %d; they differ at\n%.300s\n--- and without private reports\n%.300s", path, a.code, b.code, x[max(0, at-80):], y[max(0, at-80):])
	}
	return a
}

// crawl follows all links from some paths, at most some of each route, and returns the number
// of answers and the paths whose answers have a text.
func (v *visitor) crawl(t *testing.T, text string, paths ...string) (visited int, with []string) {
	t.Helper()
	seen, routes := map[string]bool{}, map[string]int{}
	for len(paths) > 0 {
		path := paths[0]
		paths = paths[1:]
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		if first == "api" {
			first = strings.Join(strings.SplitN(path, "/", 5)[:min(4, strings.Count(path, "/")+1)], "/")
		}
		if seen[path] || routes[first] >= 12 {
			continue
		}
		seen[path] = true
		routes[first]++
		visited++
		answer := v.ask(t, path)
		if strings.Contains(answer.body, text) && !strings.Contains(path, text) {
			with = append(with, path)
		}
		for _, link := range linked.FindAllStringSubmatch(answer.body, -1) {
			paths = append(paths, html.UnescapeString(link[1]))
		}
	}
	return visited, with
}

// unlinked are API calls and feeds that no page links to.
func unlinked(r *report.Report) []string {
	id := func(path, id string) string { return path + url.PathEscape(id) }
	commit := *r.Checkouts[0].GitCommitHash
	paths := []string{
		"/api/tree", "/api/tree?days=30", "/api/hardware", "/api/issue", "/api/origins", "/api/metrics", "/api/search?q=" + hidden, "/api/search?q=" + commit[:8],
		"/api/hardware/selectors", "/api/verdicts", "/api/verdicts/" + commit, "/api/hardware-by-revision?commit_hash=" + commit,
		"/api/objects?pattern=" + url.QueryEscape(">*#"), "/api/objects?pattern=" + url.QueryEscape(">checkout%>build>test#"),
		"/api/report?parents=true&test=" + url.QueryEscape(r.Tests[0].ID), "/api/test/status-history?path=boot&origin=" + hidden,
		"/origin/" + hidden, "/atom/origin/" + hidden, "/atom/regressions", "/atom/issues", "/feed/all.atom", "/feed/private.atom", "/search?q=" + hidden,
		"/issues?origin=" + hidden, "/labs", "/statistics", "/origins",
	}
	for _, o := range r.Tests[:3] {
		paths = append(paths, id("/test/", o.ID), id("/api/test/", o.ID), id("/api/test/", o.ID)+"/issues", "/issues/new?test="+url.QueryEscape(o.ID))
	}
	for _, o := range r.Builds[:2] {
		paths = append(paths, id("/build/", o.ID), id("/api/build/", o.ID), id("/api/build/", o.ID)+"/tests")
	}
	for _, o := range r.Checkouts[:2] {
		paths = append(paths, id("/checkout/", o.ID))
	}
	return paths
}

// TestPrivateOriginsLeaveNoTrace fills one service with reports of a public and a private
// origin, and another with the public ones only. Without a token that may read, both answer
// byte for byte the same.
func TestPrivateOriginsLeaveNoTrace(t *testing.T) {
	if testing.Short() {
		t.Skip("it asks one question after the other, and takes long under the race detector")
	}
	k, clock := newKeyring(t), &stillClock{}
	all := hostile.Report(beginning)
	shown, private := halves(all)
	for _, o := range private.Tests[:20] { // an issue of the public origin has been seen in private results
		private.Incidents = append(private.Incidents, report.Incident{ID: hidden + ":" + o.ID, Origin: hidden, IssueID: all.Issues[0].ID, IssueVersion: 1, TestID: &o.ID, Present: new(true)})
	}
	v := &visitor{with: startHiding(t, k, clock, nil), without: startHiding(t, k, clock, nil)}
	first, second := k.submitAs(t, v.with, "one", shown), k.submitAs(t, v.without, "one", shown)
	secretID := k.submitAs(t, v.with, hidden, private)
	v.submissions = [2]string{first, second}
	settled(t, v.with, clock)
	settled(t, v.without, clock)

	paths := append(pathsInMails(all), unlinked(private)...)
	paths = append(paths, unlinked(shown)...)
	for headers, who := range map[string]string{"": "a stranger", k.token(t, "three", auth.Submit): "a submitter", "expired": "a wrong token"} {
		t.Run(who, func(t *testing.T) {
			v := *v
			if headers != "" {
				v.headers = []string{"Authorization", "Bearer " + headers}
			}
			if a := v.ask(t, "/submission/"+secretID); a.code != http.StatusNotFound {
				t.Errorf("the private submission: %d", a.code)
			}
			from := paths
			if headers != "" {
				from = paths[:30]
			}
			n, traces := v.crawl(t, hidden, from...)
			t.Logf("%d answers", n)
			if len(traces) > 0 {
				t.Errorf("the private origin is named in %q", traces)
			}
		})
	}
	if a := do(t, request(t, "GET", v.with.url+"/submission/"+first, nil)); a.code != http.StatusOK {
		t.Errorf("the public submission: %d %s", a.code, a.body)
	}

	insider := k.token(t, "lab_admin", auth.Read)
	for _, path := range []string{
		"/origin/" + hidden, "/origins", "/submission/" + secretID, "/test/" + url.PathEscape(private.Tests[0].ID), "/api/origins",
		"/api/report?test=" + url.QueryEscape(private.Tests[0].ID),
	} {
		for _, headers := range [][]string{{"Authorization", "Bearer " + insider}, {"Cookie", "kcidb_token=" + insider}} {
			a := read(t, v.with.url+path, headers...)
			if a.code != http.StatusOK || !strings.Contains(a.body, hidden) && !strings.Contains(a.body, secretID) {
				t.Errorf("%s with %s: %d %.200s", path, headers[0], a.code, a.body)
			}
			if got := a.header.Get("Cache-Control"); got != "no-store" && !strings.HasPrefix(got, "private") {
				t.Errorf("%s with %s: Cache-Control is %q", path, headers[0], got)
			}
			if got := strings.Join(a.header.Values("Vary"), ", "); !strings.Contains(got, "Authorization, Cookie") {
				t.Errorf("%s: Vary is %q", path, got)
			}
		}
		if !strings.Contains(path, secretID) {
			v.ask(t, path) // without a token, after an answer with a token
		}
	}
}

// TestPrivateMails sends the same mails of public results with and without private ones, and
// those of private results to a subscription that may have them.
func TestPrivateMails(t *testing.T) {
	if testing.Short() {
		t.Skip("it asks one question after the other, and takes long under the race detector")
	}
	k, clock := newKeyring(t), &stillClock{}
	shown, private := halves(hostile.Report(beginning))
	dir := t.TempDir()
	for name, text := range map[string]string{
		"all.yaml": "", "private.yaml": "private: true\n",
	} {
		to := strings.TrimSuffix(name, ".yaml")
		text += fmt.Sprintf("on: revision\nmatch: 'true'\nto: [%s@example.org]\nvia: [mail, feed]\nsubject: 'revision'\n"+
			"body: '{{.Object.Commit}}{{range .Object.Checkouts}} {{.Origin}} has {{len .Builds.List}} builds,{{end}}'\n", to)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got := make(map[string][]string)
	for _, kind := range []string{"with", "without"} {
		mails := mailtest.Start(t, mailtest.Options{})
		s := startHiding(t, k, clock, func(c *Config) { c.Subscriptions, c.SMTP = dir, mails.URL() })
		k.submitAs(t, s, "one", shown)
		settled(t, s, clock)
		if kind == "with" {
			k.submitAs(t, s, hidden, private)
			settled(t, s, clock)
		}
		eventually.True(t, "all is notified", func() bool {
			metrics := do(t, request(t, "GET", s.url+"/metrics", nil)).body
			for _, name := range []string{"changes", "waiting", "ready"} {
				for _, database := range []string{"public", "whole"} {
					if !strings.Contains(metrics, fmt.Sprintf("kcidb_notify_%s{database=%q} 0\n", name, database)) {
						return false
					}
				}
			}
			return len(mails.Messages()) > 0
		})
		for _, m := range mails.Messages() {
			_, body, _ := strings.Cut(string(m.Data), "\r\n\r\n")
			for _, to := range m.To {
				got[kind+" "+to] = append(got[kind+" "+to], body)
			}
		}
		feed := do(t, request(t, "GET", s.url+"/feed/private.atom", nil)).body
		if strings.Contains(feed, "<entry>") {
			t.Errorf("%s: a stranger gets the private feed:\n%.500s", kind, feed)
		}
		if feed := do(t, request(t, "GET", s.url+"/feed/all.atom", nil)).body; strings.Contains(feed, hidden) || !strings.Contains(feed, "<entry>") {
			t.Errorf("%s: the public feed:\n%.500s", kind, feed)
		}
		insider := k.token(t, "lab_admin", auth.Read)
		for name, id := range map[string]string{"all": "/feed/all.atom#1</id>", "private": "/feed/private.atom#private-1</id>"} {
			if feed := do(t, request(t, "GET", s.url+"/feed/"+name+".atom", nil, "Authorization", "Bearer "+insider)).body; !strings.Contains(feed, id) {
				t.Errorf("%s: an insider gets the feed %s:\n%.500s", kind, name, feed)
			}
		}
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
	for _, bodies := range got {
		slices.Sort(bodies)
	}
	public := got["with all@example.org"]
	if len(public) == 0 || !slices.Equal(public, got["without all@example.org"]) {
		t.Errorf("%d mails with private results, %d without", len(public), len(got["without all@example.org"]))
	}
	if strings.Contains(strings.Join(public, ""), hidden) || !strings.Contains(strings.Join(got["with private@example.org"], ""), hidden+" has") {
		t.Errorf("public mails:\n%.1000s\nprivate ones:\n%.1000s", public, got["with private@example.org"])
	}
}

// TestPrivateOriginsOfAFilledService adds a private origin to a service that has its results
// already: it does not start before they are taken out.
func TestPrivateOriginsOfAFilledService(t *testing.T) {
	k := newKeyring(t)
	data := t.TempDir()
	s := start(t, func(c *Config) { c.Data, c.SigningKey = data, k.private })
	k.submitAs(t, s, hidden, &report.Report{Checkouts: []report.Checkout{{ID: hidden + ":1", Origin: hidden}}})
	waitEmpty(t, s.url)
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Data, cfg.Listen, cfg.SigningKey, cfg.PrivateOrigins = data, "127.0.0.1:0", k.private, hidden
	want := fmt.Sprintf("run \"kcidb db publish -d sqlite:%[1]s/kcidb.db --to sqlite:%[1]s/public.db --private %[2]s\"", data, hidden)
	if err := runOnce(t, cfg); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestReadingNeedsAToken asks each kind of route of a service with read: token.
func TestReadingNeedsAToken(t *testing.T) {
	k := newKeyring(t)
	s := start(t, func(c *Config) { c.SigningKey, c.Read = k.private, readToken })
	tokens := map[string]string{"submit": k.token(t, "ci", auth.Submit), "read": k.token(t, "ci", auth.Read)}
	browser := []string{"Accept", "text/html,*/*"}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, route := range readRoutes {
		for name, token := range tokens {
			if a := do(t, request(t, "GET", s.url+route, nil, "Authorization", "Bearer "+token)); a.code == http.StatusUnauthorized {
				t.Errorf("%s with the role %s: %d", route, name, a.code)
			}
		}
		a := do(t, request(t, "GET", s.url+route, nil))
		if a.code != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") != "Bearer" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s without a token: %d %v", route, a.code, a.header)
		}
		if strings.HasPrefix(route, "/api") {
			continue
		}
		r, err := client.Do(request(t, "GET", s.url+route, nil, browser...))
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if want := "/login?to=" + url.QueryEscape(route); r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != want {
			t.Errorf("%s in a browser: %d to %q, want %q", route, r.StatusCode, r.Header.Get("Location"), want)
		}
	}
	for path, want := range map[string]int{
		"/health": 200, "/ready": 200, "/metrics": 200, "/login": 200, "/login?to=%2Fissues": 200, "/logout": 200, "/submit-results/origin": 200, "/style.css": 200, "/script.js": 200, "/icon.svg": 200,
		"/status?id=1": 401, "/authtest": 401, "/submit": 405,
	} {
		if a := do(t, request(t, "GET", s.url+path, nil)); a.code != want {
			t.Errorf("%s: %d, want %d", path, a.code, want)
		}
	}
	if a := do(t, request(t, "GET", s.url+"/authtest", nil, "Cookie", "kcidb_token="+tokens["submit"])); a.code != http.StatusUnauthorized {
		t.Errorf("a cookie in place of a submitter's token: %d", a.code)
	}
}

// readRoutes are the routes that need a token if reading does.
var readRoutes = []string{
	"/", "/api/tree", "/api/objects?pattern=%3Etest%5Ba%5D%23", "/api/schema/docs/", "/api/report?pattern=a", "/api/proxy?url=http%3A%2F%2Fa%2F",
	"/atom/hardware/a", "/atom/issue/a", "/atom/issues", "/atom/origin/a", "/atom/regressions", "/atom/tree/a", "/build/a", "/checkout/a", "/compare?a=a&b=b",
	"/compare/a...b", "/feed/a.atom", "/hardware", "/hardware/a", "/incident/a", "/issue/a", "/issues", "/issues/new", "/keys", "/lab/a", "/labs", "/origin/a", "/origins",
	"/revision/a", "/search?q=a", "/statistics", "/submission/a", "/submit-results", "/test/a", "/tree/a", "/verdicts",
}
