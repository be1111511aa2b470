// SPDX-License-Identifier: Apache-2.0

package crawl

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// failing records the failures of a test.
type failing struct {
	testing.TB
	failures []string
}

func (f *failing) Errorf(format string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

// crawl crawls a site of pages, and returns the paths that it visited and its failures.
func crawl(t *testing.T, site map[string]string) (visited, failures []string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range Headers {
			w.Header().Set(name, value)
		}
		body, known := site[r.URL.RequestURI()]
		kind, content, _ := strings.Cut(body, " ")
		switch {
		case !known:
			w.WriteHeader(http.StatusNotFound)
		case kind == "to":
			http.Redirect(w, r, content, http.StatusFound)
		case strings.Contains(kind, "/"):
			w.Header().Set("Content-Type", kind)
			fmt.Fprint(w, content)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, body)
		}
	}))
	t.Cleanup(s.Close)
	f := &failing{TB: t}
	result := Crawl{URL: s.URL, Marker: "inj-"}.Run(f, "/")
	for at := range result.Visited {
		visited = append(visited, strings.TrimPrefix(at, s.URL))
	}
	slices.Sort(visited)
	return visited, f.failures
}

const top = `<!doctype html><html lang="en"><title>T</title><body><a href="#main">Skip</a><main id="main"><h1>H</h1>`

func TestFaults(t *testing.T) {
	for name, test := range map[string]struct{ page, want string }{
		"fine":                 {top, ""},
		"other hosts":          {top + `<a href="https://other.example/"></a><a href="mailto:a@b.example"></a>`, ""},
		"lang":                 {strings.Replace(top, ` lang="en"`, "", 1), "no lang"},
		"title":                {strings.Replace(top, "T</title>", "</title>", 1), "0 titles"},
		"no h1":                {strings.ReplaceAll(top, "h1", "h2"), "0 elements h1"},
		"two h1":               {top + "<h1>I</h1>", "2 elements h1"},
		"skip link":            {strings.Replace(top, "#main", "/", 1), "does not skip"},
		"target of skip link":  {strings.Replace(top, "#main", "#other", 1), `the part "other"`},
		"id twice":             {top + `<p id="main">`, `two elements have the id "main"`},
		"inline script":        {top + "<script>1</script>", "inline script"},
		"style":                {top + "<style></style>", "element style"},
		"style attribute":      {top + `<p style="">`, "attribute style"},
		"handler":              {top + `<p onclick="">`, "attribute onclick"},
		"element of a report":  {top + `<inj-x>`, "<inj-x> comes from a report"},
		"attribute of one":     {top + `<p inj-x>`, "inj-x of <p> comes from a report"},
		"escaped":              {top + `<p title="&lt;inj-x&gt;">&lt;inj-x&gt;`, ""},
		"scheme":               {top + `<a href="javascript:alert(1)">`, "scheme javascript"},
		"scheme with a tab":    {top + `<a href="java&#9;script:alert(1)">`, "is no URL"},
		"data URL":             {top + `<img src="data:,">`, "scheme data"},
		"image from elsewhere": {top + `<img src="//other.example/x.png">`, "of another host"},
		"form to elsewhere":    {top + `<form action="https://other.example/">`, "of another host"},
		"dead link":            {top + `<a href="/dead">`, "status 404"},
		"dead form":            {top + `<form action="/dead"><input name="a" value="b">`, "/dead?a=b"},
		"JSON":                 {"application/json {", "no JSON"},
		"feed":                 {"application/atom+xml <a>\x01</a>", "no XML"},
		"no kind":              {"/ x", "Content-Type"},
		"redirects":            {"to /", "redirects"},
		"redirect elsewhere":   {"to https://other.example/", "another host"},
	} {
		t.Run(name, func(t *testing.T) {
			_, failures := crawl(t, map[string]string{"/": test.page})
			if test.want == "" && len(failures) > 0 || test.want != "" && (len(failures) != 1 || !strings.Contains(failures[0], test.want)) {
				t.Errorf("failures %q, want one with %q", failures, test.want)
			}
		})
	}
}

func TestFollows(t *testing.T) {
	site := map[string]string{
		"/": strings.Replace(top, "<title>", `<link rel="stylesheet" href="/style.css"><script src="script.js" defer></script><title>`, 1) + `
			<a href="/a%2Fb?x=1#part">a</a> <a href="?page=2">2</a> <a href="/moved">moved</a>
			<form action="/search"><input name="q" value="a b"><input type="checkbox" name="off"><input type="checkbox" name="on" checked>
				<select name="s"><option>first<option value="2" selected>second</select><select name="t"><option value="">all<option>x</select>
				<input name="none" disabled><button>Go</button></form>
			<form method="post" action="/submit"></form>`,
		"/style.css":                 "text/css p {}",
		"/script.js":                 "text/javascript 1",
		"/a%2Fb?x=1":                 top + `<p id="part">`,
		"/?page=2":                   top + `<a href="feed.atom">feed</a>`,
		"/feed.atom":                 "application/atom+xml <feed/>",
		"/moved":                     "to /data.json",
		"/data.json":                 "application/json {}",
		"/search?on=on&q=a+b&s=2&t=": top,
	}
	visited, failures := crawl(t, site)
	if len(failures) > 0 {
		t.Errorf("%q", failures)
	}
	want := slices.Sorted(maps.Keys(site))
	want = slices.DeleteFunc(want, func(path string) bool { return path == "/data.json" }) // visited by the redirect
	if !slices.Equal(visited, want) {
		t.Errorf("visited %q, want %q", visited, want)
	}
}

// TestBounds crawls a site without an end.
func TestBounds(t *testing.T) {
	pages := map[string]string{"/": top}
	for i := range 100 {
		pages["/"] += fmt.Sprintf(`<a href="/page/%d">%[1]d</a>`, i)
		pages[fmt.Sprint("/page/", i)] = top
	}
	if visited, _ := crawl(t, pages); len(visited) != 1+perKind {
		t.Errorf("%d pages visited", len(visited))
	}
}
