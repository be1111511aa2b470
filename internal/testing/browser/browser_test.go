// SPDX-License-Identifier: Apache-2.0

package browser_test

import (
	"cmp"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// site are the pages of the tests.
var site = map[string]string{
	"/": `<main><h1>Trees</h1><p class="a">one</p><p class="a">two</p><a href="/next?x=1#y">next</a>
		<form action="/next"><label>Search <input name="q"></label></form></main>`,
	"/next":      `<main><h1>Next</h1><a href="/">back</a></main>`,
	"/wide":      `<main><h1>Wide</h1><svg width="5000" height="1"></svg></main>`,
	"/inline":    `<main><h1>Inline</h1><p style="color: red">red</p></main>`,
	"/missing":   `<main><h1>Missing</h1><img src="/nothing.png" alt="nothing"></main>`,
	"/script":    `<main><h1>Script</h1></main><script src="/script.js"></script>`,
	"/script.js": `document.querySelector("h1").textContent = "Changed"; console.warn("a word", 1); undefined.x;`,
	"/slow":      `<main><h1>Slow</h1><p>moves</p></main><script src="/slow.js"></script>`,
	"/slow.js": `requestAnimationFrame(() => requestAnimationFrame(() => {
		for (const end = performance.now() + 80; performance.now() < end;);
		document.querySelector("h1").insertAdjacentHTML("beforebegin", "<svg width=100 height=300></svg>");
	}));`,
	"/keys": `<main><h1>Keys</h1><label>Search <input name="q"></label></main><script src="/keys.js"></script>`,
	"/keys.js": `document.addEventListener("keydown", (event) => {
		if (event.target.matches("input")) return;
		event.preventDefault();
		document.querySelector("input").focus();
	});`,
	"/unnamed":     `<main><h1>Unnamed</h1><img src="/icon.svg"><h4>Too deep</h4></main>`,
	"/icon.svg":    `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`,
	"/favicon.ico": "",
	"/style.css":   `body { background: #fff; color: #222 } @media (prefers-color-scheme: dark) { body { background: #111; color: #eee } a { color: #9cf } }`,
}

// serve serves the site under a strict Content-Security-Policy.
func serve(t *testing.T) (url string) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'")
		body, known := site[r.URL.Path]
		switch ext := filepath.Ext(r.URL.Path); {
		case !known:
			http.NotFound(w, r)
		case ext == "":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, `<!doctype html><html lang="en"><title>%s</title><link rel="icon" href="/icon.svg">
				<link rel="stylesheet" href="/style.css">%s</html>`, r.URL.Path, body)
		default:
			w.Header().Set("Content-Type", map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}[ext])
			w.Header().Set("Cache-Control", "max-age=60")
			fmt.Fprint(w, body)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestReadAndWalk(t *testing.T) {
	url := serve(t)
	for _, look := range []browser.Look{{}, {Width: browser.Phone, Dark: true}, {NoScripts: true}} {
		t.Run(fmt.Sprint(look), func(t *testing.T) {
			tab := browser.Open(t, look)
			tab.Visit(url + "/")
			if tab.Title() != "/" || tab.Text("h1") != "Trees" || tab.Text(".a") != "one" || tab.Count(".a") != 2 {
				t.Errorf("title %q, heading %q", tab.Title(), tab.Text("h1"))
			}
			if dark := browser.Evaluate[bool](tab, "matchMedia('(prefers-color-scheme: dark)').matches"); dark != look.Dark {
				t.Errorf("dark: %v, want %v", dark, look.Dark)
			}
			if width, want := browser.Evaluate[int64](tab, "innerWidth"), cmp.Or(look.Width, browser.Desktop); width != want {
				t.Errorf("the window is %d pixels wide, want %d", width, want)
			}
			tab.Follow("a")
			if tab.Path() != "/next?x=1#y" {
				t.Errorf("the link leads to %s", tab.Path())
			}
			tab.Follow("a")
			tab.Click("input")
			tab.Go(func() { tab.Press("a b", "Backspace", "c", "Enter") })
			if tab.Path() != "/next?q=a+c" {
				t.Errorf("the form leads to %s", tab.Path())
			}
			tab.Fits()
		})
	}
}

// failing records the failures of a test.
type failing struct {
	testing.TB
	failures, logs []string
	cleanups       []func()
}

func (f *failing) Errorf(format string, args ...any) {
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}
func (f *failing) Logf(format string, args ...any) {
	f.logs = append(f.logs, fmt.Sprintf(format, args...))
}
func (f *failing) Cleanup(do func()) { f.cleanups = append(f.cleanups, do) }

// end ends the test that is recorded.
func (f *failing) end() {
	for len(f.cleanups) > 0 {
		last := len(f.cleanups) - 1
		do := f.cleanups[last]
		f.cleanups = f.cleanups[:last]
		do()
	}
}

// TestFailures shows the faults of a page that fail a test.
func TestFailures(t *testing.T) {
	url := serve(t)
	axe := func(tab *browser.Tab, t testing.TB) { browser.Axe(t, tab) }
	fits := func(tab *browser.Tab, _ testing.TB) { tab.Fits() }
	load := func(tab *browser.Tab, _ testing.TB) { tab.Load() }
	for _, page := range []struct {
		path  string
		look  browser.Look
		check func(*browser.Tab, testing.TB)
		want  []string // expressions, one for each failure
	}{
		{"/", browser.Look{}, axe, nil},
		{"/", browser.Look{Dark: true}, axe, nil},
		{"/unnamed", browser.Look{}, axe, []string{`^/unnamed: critical image-alt: `}},
		{"/wide", browser.Look{}, fits, []string{"^/wide is [0-9]+ pixels wider than the window"}},
		{"/inline", browser.Look{}, load, []string{"complains: .*inline style.*Content Security Policy"}},
		{"/inline", browser.Look{NoScripts: true}, load, []string{"complains: .*inline style.*Content Security Policy"}},
		{"/missing", browser.Look{}, load, []string{"complains: .*404.*/nothing.png"}},
		{"/absent", browser.Look{}, load, []string{"complains: .*404.*/absent"}},
		{"/script", browser.Look{}, load, []string{"complains: console.warning: \"a word\" 1", "complains: TypeError: .*/script.js"}},
		{"/script", browser.Look{NoScripts: true}, load, nil},
	} {
		t.Run(fmt.Sprint(page.path, page.look), func(t *testing.T) {
			f := &failing{TB: t}
			tab := browser.Open(f, page.look)
			tab.Visit(url + page.path)
			page.check(tab, f)
			f.end()
			if len(f.failures) != len(page.want) {
				t.Fatalf("%d failures, want %d: %q", len(f.failures), len(page.want), f.failures)
			}
			for i, want := range page.want {
				if !regexp.MustCompile("(?s)" + want).MatchString(f.failures[i]) {
					t.Errorf("%q does not match %s", f.failures[i], want)
				}
			}
		})
	}
}

// TestAxeLogs expects a best practice in the log of a page that breaks it.
func TestAxeLogs(t *testing.T) {
	tab := browser.Open(t, browser.Look{})
	tab.Visit(serve(t) + "/unnamed")
	f := &failing{TB: t}
	browser.Axe(f, tab)
	if !strings.Contains(strings.Join(f.logs, "\n"), "heading-order: ") {
		t.Errorf("axe logs %q", f.logs)
	}
}

func TestLoad(t *testing.T) {
	url := serve(t)
	tab := browser.Open(t, browser.Look{})
	tab.Visit(url + "/")
	first := tab.Load()
	for _, path := range []string{"/", "/style.css"} {
		body := len(site[path])
		if r := find(first, url+path); r.Status != 200 || r.Bytes < body || r.Bytes > body+1000 {
			t.Errorf("%d, %d bytes of %s, which has %d", r.Status, r.Bytes, path, body)
		}
	}
	if first.Shift != 0 || first.Bytes() < len(site["/"])+len(site["/style.css"]) {
		t.Errorf("%+v", first)
	}
	tab.Visit(url + "/next")
	if style := find(tab.Load(), url+"/style.css"); style.Status != 200 || style.Bytes != 0 {
		t.Errorf("the style sheet is not taken from the cache: %+v", style)
	}

	tab.Visit(url + "/slow")
	tab.Becomes("document.querySelector('svg')")
	if slow := tab.Load(); slow.Shift == 0 || len(slow.LongTasks) == 0 {
		t.Errorf("no layout shift or no long task: %+v", slow)
	}
}

// find returns the request of a URL. The browser may ask for the icon before or after.
func find(l browser.Load, url string) browser.Request {
	for _, r := range l.Requests {
		if r.URL == url {
			return r
		}
	}
	return browser.Request{}
}

func TestPicture(t *testing.T) {
	tab := browser.Open(t, browser.Look{Width: browser.Phone})
	tab.Visit(serve(t) + "/")
	file := filepath.Join(t.TempDir(), "page.png")
	tab.Picture(file)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := picture.(*image.Paletted); !ok || p.Rect.Dx() != browser.Phone || len(p.Palette) < 3 {
		t.Errorf("a picture of kind %T, %v", picture, picture.Bounds())
	}
}

// TestPressAKeyOfThePage holds that a key which the page handles writes nothing, also if it
// moves the focus to a field.
func TestPressAKeyOfThePage(t *testing.T) {
	tab := browser.Open(t, browser.Look{})
	tab.Visit(serve(t) + "/keys")
	tab.Press("/ab")
	if got := browser.Evaluate[string](tab, "document.querySelector('input').value"); got != "ab" {
		t.Errorf("the field has %q, want \"ab\"", got)
	}
}
