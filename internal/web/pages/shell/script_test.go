// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

func TestMain(m *testing.M) {
	code := m.Run()
	browser.Close()
	os.Exit(code)
}

// site serves pages under the Content-Security-Policy of the service, with the style sheet
// and the script.
func site(t *testing.T, pages map[string]string) (mux *http.ServeMux, url string) {
	mux = http.NewServeMux()
	mux.HandleFunc("/style.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		w.Write(style())
	})
	mux.HandleFunc("/script.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Write(script)
	})
	mux.HandleFunc("/icon.svg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`)
	})
	for path, body := range pages {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { sendTestPage(w, body) })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return mux, server.URL
}

// sendTestPage answers with a page of the content of main, or of a whole body.
func sendTestPage(w http.ResponseWriter, body string) {
	if !strings.HasPrefix(body, "<body") {
		body = "<body><main>" + body + "</main>"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Test</title><link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css"><script src="/script.js" defer></script>%s</html>`, body)
}

// keysPage has one of each thing that the keys act on.
const keysPage = `<body>
<header><nav aria-label="Site"><a href="/" data-go="t">Trees</a> <a href="/hardware" data-go="h">Hardware</a> <a href="/issues" data-go="i">Issues</a></nav><form role="search" action="/search"><input id="q" name="q" type="search"></form></header>
<nav class="crumb"><ol><li><a href="/">Trees</a></li><li><a href="/branch">next</a></li><li>here</li></ol> <a rel="prev" href="/older">Older</a> <a rel="next" href="/newer">Newer</a></nav>
<main><p class="verdict new"><b class="m new">NEW</b> <a href="/verdict">worse</a></p>
<details class="filter"><summary>Filter</summary><form action="/filtered"><input type="hidden" name="open" value="x"><input id="path" name="path"></form></details>
<article class="cause new"><h3><b class="m new">NEW</b> <a href="/cause/1">cause 1</a></h3><table><tbody><tr><th scope="row"><a href="/test/1">test 1</a></th></tr></tbody></table>
<details id="fold"><summary>6 more</summary><ul class="list"><li><a href="/test/2">test 2</a></li></ul></details></article>
<article class="cause still"><h3><b class="m still">STILL</b> <a href="/cause/2">cause 2</a></h3></article>
<details class="more"><summary>17 flaky</summary><table><tbody><tr><th scope="row"><b class="m new">NEW</b> <a href="/folded">folded</a></th></tr></tbody></table></details>
<div class="scroll"><table class="grid"><thead><tr><th>Group</th><th><a href="/27">27</a></th></tr></thead><tbody>
<tr><th scope="row"><a href="/group/1">group 1</a></th><td class="c still"><a href="/s1">S1</a></td><td class="c ok"><span>·</span></td><td class="c new"><a href="/n1">N1</a></td></tr>
<tr><th scope="row"><a href="/group/2">group 2</a></th><td class="c new"><a href="/n2">N2</a></td><td class="c none"></td><td class="c none"></td></tr></tbody></table></div>
<ul class="legend"><li><b class="m new">N</b> new</li></ul>
<table><tbody><tr><th scope="rowgroup">Worse</th></tr><tr id="plain"><th scope="row">without a link</th></tr></tbody></table>
<ul class="list"><li><b class="m new">NEW</b> <a href="/item">item</a></li></ul>
<pre class="cmd" aria-label="Commands: the kernel"><code>make one</code></pre><pre class="cmd"><code>make two
</code></pre>
</main><footer><a href="/keys" rel="help">Keys</a></footer>`

func TestKeys(t *testing.T) {
	pages := map[string]string{"/page": keysPage}
	for _, path := range []string{"/{$}", "/branch", "/older", "/newer", "/hardware", "/issues", "/keys", "/cause/1", "/s1", "/filtered", "/search"} {
		pages[path] = "<h1>Another page</h1>"
	}
	_, url := site(t, pages)
	focused := func(text string) string { return fmt.Sprintf("document.activeElement.textContent == '%s'", text) }
	at := func(path string) string { return fmt.Sprintf("location.pathname + location.search == '%s'", path) }
	for _, c := range []struct{ keys, becomes string }{
		{"/", "document.activeElement.id == 'q'"},
		{"?", at("/keys")},
		{"j", focused("cause 1")},
		{"jj", focused("cause 2")},
		{"jjk", focused("cause 1")},
		{"k", "document.activeElement == document.body"},
		{"jjj", focused("group 1")},
		{"jjjjj", "document.activeElement.id == 'plain'"},
		{"jjjjjjj", focused("item")},
		{"jjjl", focused("S1") + " && document.querySelectorAll('.at').length == 1"},
		{"jjjll", focused("N1")},
		{"jjjlll", focused("N1")},
		{"jjjllh", focused("S1")},
		{"jjjllj", focused("group 2")},
		{"l", "document.activeElement == document.body"},
		{"j Enter", at("/cause/1")},
		{"jjjl Enter", at("/s1")},
		{"jo", "document.querySelector('#fold').open"},
		{"joo", "!document.querySelector('#fold').open"},
		{"n", focused("cause 1")},
		{"nn", focused("N1") + " && document.querySelector('.at').matches('tr')"},
		{"nnn", focused("N2")},
		{"nnnn", focused("item")},
		{"nnnnn", focused("item")},
		{"nnnnp", focused("N2")},
		{"nnnp", focused("N1")},
		{"p", "document.activeElement == document.body"},
		{"f", "document.activeElement.id == 'path' && document.querySelector('.filter').open"},
		{"fab Enter", at("/filtered?open=x&path=ab")},
		{"[", at("/older")},
		{"]", at("/newer")},
		{"gt", at("/")},
		{"gh", at("/hardware")},
		{"gi", at("/issues")},
		{"gx", at("/page")},
		{"gxj", focused("cause 1")},
		{"u", at("/branch")},
		{"c", `copied == "make one\n\nmake two\n" && document.querySelector('.copy').textContent == 'Copied'`},
		{"j Escape", "document.activeElement == document.body && !document.querySelector('.at')"},
		{"/jo?", "document.activeElement.value == 'jo?' && !document.querySelector('.at')"},
		{"/x Escape j", focused("cause 1")},
		{"x", at("/page")},
	} {
		t.Run(c.keys, func(t *testing.T) {
			tab := browser.Open(t, browser.Look{})
			tab.Visit(url + "/page")
			spyOnClipboard(tab)
			press(tab, c.keys)
			tab.Becomes(c.becomes)
		})
	}
	t.Run("modifiers", func(t *testing.T) {
		tab := browser.Open(t, browser.Look{})
		tab.Visit(url + "/page")
		for _, modifier := range []string{"ctrlKey", "altKey", "metaKey"} {
			browser.Evaluate[bool](tab, fmt.Sprintf("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', %s: true, bubbles: true}))", modifier))
		}
		tab.Becomes("!document.querySelector('.at')")
		browser.Evaluate[bool](tab, "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', ctrlKey: true, modifierAltGraph: true, bubbles: true}))")
		tab.Becomes("document.querySelector('.at')")
	})
}

// press presses words such as Enter, and otherwise each letter.
func press(tab *browser.Tab, keys string) {
	for word := range strings.FieldsSeq(keys) {
		tab.Press(word)
	}
}

// spyOnClipboard keeps in the variable copied what the page copies.
func spyOnClipboard(tab *browser.Tab) {
	browser.Evaluate[bool](tab, `{
		const write = navigator.clipboard.writeText.bind(navigator.clipboard);
		window.copied = "";
		navigator.clipboard.writeText = (text) => write(text).then(() => { window.copied = text; });
		true
	}`)
}

func TestKeysTurnedOff(t *testing.T) {
	_, url := site(t, map[string]string{"/page": keysPage, "/keys": "<h1>Keys</h1><p data-keys></p>"})
	tab := browser.Open(t, browser.Look{})
	for _, c := range []struct{ label, after, hasKeys string }{
		{"Turn the keys off", "Turn the keys on", "!document.querySelector('.at')"},
		{"Turn the keys on", "Turn the keys off", "document.querySelector('.at')"},
	} {
		tab.Visit(url + "/keys")
		if got := tab.Text("[data-keys] button"); got != c.label {
			t.Errorf("the button says %q, want %q", got, c.label)
		}
		tab.Click("[data-keys] button")
		tab.Becomes(fmt.Sprintf("document.querySelector('button').textContent == '%s'", c.after))
		tab.Visit(url + "/page")
		tab.Press("j")
		tab.Becomes(c.hasKeys)
	}
}

// listPage has a table in two groups, whose rows can be filtered and sorted.
const listPage = `<h1>Trees</h1><form class="filter" action="/trees"><input id="tree" name="tree" type="search" data-filter="trees"></form>
<table id="trees"><thead><tr><th scope="col">Tree</th><th scope="col"><a href="?sort=age">Age</a></th><th scope="col">Tests</th><th scope="col">Came</th><th scope="col">Rate</th><td></td></tr></thead>
<tbody><tr><th scope="rowgroup" colspan="5">Worse</th></tr>
<tr><th scope="row">v6.12</th><td>1 h</td><td data-n="2">two</td><td><time datetime="2026-11-28T06:09:48Z">28 Nov</time></td><td>9 %</td></tr>
<tr><th scope="row">v6.6</th><td>2 h</td><td>–</td><td><time datetime="2026-10-30">30 Oct</time></td><td>−10 %</td></tr>
<tr><th scope="row">next master</th><td>3 h</td><td>11,004</td><td></td><td>80.5 %</td></tr></tbody>
<tbody><tr><th scope="rowgroup" colspan="5">Nothing new</th></tr>
<tr><th scope="row">mainline master</th><td>4 h</td><td>7</td><td></td><td>1 %</td></tr></tbody></table>
<ul id="list"><li>one</li><li>two</li></ul><input data-filter="list" id="other">
<table id="short"><thead><tr><th scope="col">A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>`

func TestFilterRows(t *testing.T) {
	_, url := site(t, map[string]string{"/trees": listPage})
	tab := browser.Open(t, browser.Look{})
	shown := func(selector string) string {
		return browser.Evaluate[string](tab, fmt.Sprintf("[...document.querySelectorAll('%s')].filter(e => e.checkVisibility()).map(e => e.textContent).join()", selector))
	}
	for _, c := range []struct{ field, types, selector, shown, status string }{
		{"#tree", "MAST", "tbody th", "Worse,next master,Nothing new,mainline master", "2 of 4 shown here. Enter asks for all."},
		{"#tree", "mas*ter ne", "tbody th", "Worse,next master,Nothing new,mainline master", "2 of 4 shown here. Enter asks for all."},
		{"#tree", "v6", "tbody th", "Worse,v6.12,v6.6", "2 of 4 shown here. Enter asks for all."},
		{"#tree", "nothing", "tbody th", "", "0 of 4 shown here. Enter asks for all."},
		{"#other", "tw", "#list li", "two", ""},
	} {
		tab.Visit(url + "/trees")
		tab.Click(c.field)
		tab.Press(strings.Split(c.types, "")...)
		if got := shown(c.selector); got != c.shown {
			t.Errorf("after %q: %q, want %q", c.types, got, c.shown)
		}
		if got := tab.Text("form"); !strings.Contains(got, c.status) {
			t.Errorf("after %q: the form says %q, want %q", c.types, got, c.status)
		}
		for range c.types {
			tab.Press("Backspace")
		}
		if n := browser.Evaluate[int](tab, "document.querySelectorAll('[hidden]').length"); n != 0 {
			t.Errorf("%d rows stay hidden", n)
		}
	}
	tab.Visit(url + "/trees")
	tab.Click("#tree")
	tab.Press("next")
	tab.Go(func() { tab.Press("Enter") })
	if got := tab.Path(); got != "/trees?tree=next" {
		t.Errorf("Enter leads to %s", got)
	}
}

func TestSort(t *testing.T) {
	_, url := site(t, map[string]string{"/trees": listPage})
	tab := browser.Open(t, browser.Look{})
	tab.Visit(url + "/trees")
	if n := tab.Count("thead button"); n != 4 {
		t.Errorf("%d headers sort, want 4: headers with a link and short tables do not", n)
	}
	for _, c := range []struct {
		header int
		state  string
		rows   string
	}{
		{1, "ascending", "Worse,next master,v6.6,v6.12,Nothing new,mainline master"},
		{1, "descending", "Worse,v6.12,v6.6,next master,Nothing new,mainline master"},
		{3, "descending", "Worse,next master,v6.12,v6.6,Nothing new,mainline master"},
		{3, "ascending", "Worse,v6.12,next master,v6.6,Nothing new,mainline master"},
		{4, "descending", "Worse,v6.12,v6.6,next master,Nothing new,mainline master"},
		{4, "ascending", "Worse,v6.6,v6.12,next master,Nothing new,mainline master"},
		{5, "ascending", "Worse,v6.6,v6.12,next master,Nothing new,mainline master"},
	} {
		browser.Evaluate[bool](tab, fmt.Sprintf("document.querySelector('th:nth-child(%d) button').focus(), true", c.header))
		tab.Press("Enter")
		if c.header == 5 { // numbers begin with the greatest
			tab.Press("Enter")
		}
		tab.Becomes(fmt.Sprintf("document.querySelector('#trees th:nth-child(%d)').getAttribute('aria-sort') == '%s'", c.header, c.state))
		if got := browser.Evaluate[string](tab, "[...document.querySelectorAll('#trees tbody th')].map(e => e.textContent).join()"); got != c.rows {
			t.Errorf("header %d, %s: %s, want %s", c.header, c.state, got, c.rows)
		}
		if n := tab.Count("[aria-sort]"); n != 1 {
			t.Errorf("%d headers are sorted by", n)
		}
	}
}

func TestCopyButtonsAndTimes(t *testing.T) {
	_, url := site(t, map[string]string{"/": `<h1>Test</h1><pre class="cmd" aria-label="Commands: the kernel"><code>make
</code></pre><p>ID <code data-copy="maestro:1">maestro:…</code>, hash <code data-copy> 6f1c0d3a9b2e </code></p>
<time datetime="2026-11-28T06:09:48Z">28 Nov</time><time datetime="2026-11-28">28 Nov</time><time datetime="xTy">?</time><time>?</time>`})
	tab := browser.Open(t, browser.Look{})
	tab.Visit(url)
	spyOnClipboard(tab)
	for _, c := range []struct{ button, name, copied string }{
		{".copies .copy", "Copy Commands: the kernel", "make\n"},
		{"[data-copy='maestro:1'] + .copy", "Copy maestro:1", "maestro:1"},
		{"[data-copy=''] + .copy", "Copy 6f1c0d3a9b2e", "6f1c0d3a9b2e"},
	} {
		if got := browser.Evaluate[string](tab, fmt.Sprintf("document.querySelector(%q).ariaLabel", c.button)); got != c.name {
			t.Errorf("the button is named %q, want %q", got, c.name)
		}
		tab.Click(c.button)
		tab.Becomes(fmt.Sprintf("copied == %q && document.querySelector('#said').textContent == 'Copied'", c.copied))
	}
	titles := browser.Evaluate[string](tab, "[...document.querySelectorAll('time')].map(e => e.title).join('|')")
	if !regexp.MustCompile(`^[^|]*2026[^|]*\|\|\|$`).MatchString(titles) {
		t.Errorf("the times have the tooltips %q", titles)
	}
}

// TestCopyWithoutTLS holds that commands are copied also if the browser has no clipboard
// for the page.
func TestCopyWithoutTLS(t *testing.T) {
	_, url := site(t, map[string]string{"/": `<h1>Test</h1><pre class="cmd">make</pre>`})
	tab := browser.Open(t, browser.Look{})
	tab.Visit(url)
	browser.Evaluate[bool](tab, `Object.defineProperty(navigator, "clipboard", {value: undefined}),
		document.addEventListener("copy", () => { window.copied = document.activeElement.value; }), true`)
	tab.Click(".copy")
	tab.Becomes("copied == 'make' && document.querySelector('.copy').textContent == 'Copied' && document.activeElement.matches('.copy')")
}

func TestUnfold(t *testing.T) {
	const grid = `<h1>next</h1><div class="scroll"><table class="grid" id="grid"><tbody>
<tr><th scope="row"><a data-unfold="a.b" href="%s">%s</a></th><td class="c ok"><span>·</span></td></tr>%s</tbody></table></div><p id="beside">beside</p>`
	_, url := site(t, map[string]string{
		"/folded":   fmt.Sprintf(grid, "/unfolded?open=a.b", "▸ a.b", ""),
		"/unfolded": fmt.Sprintf(grid, "/folded", "▾ a.b", `<tr class="sub"><th scope="row"><a href="/x">c</a></th></tr>`),
		"/broken":   fmt.Sprintf(grid, "/else", "▸ a.b", ""),
		"/else":     "<h1>Else</h1>",
	})
	tab := browser.Open(t, browser.Look{})
	tab.Visit(url + "/folded")
	browser.Evaluate[string](tab, "document.querySelector('#beside').textContent = 'the same page'")
	for _, c := range []struct {
		act  func()
		path string
		rows int
	}{
		{func() { tab.Click("[data-unfold]") }, "/unfolded?open=a.b", 2},
		{func() { tab.Press("Enter") }, "/folded", 1},
		{func() { tab.Press("Escape", "j", "o") }, "/unfolded?open=a.b", 2},
	} {
		c.act()
		tab.Becomes(fmt.Sprintf("location.pathname + location.search == '%s' && document.querySelectorAll('tr').length == %d", c.path, c.rows))
		if got := browser.Evaluate[string](tab, "document.activeElement.dataset.unfold"); got != "a.b" {
			t.Errorf("the focus is at %q", got)
		}
		if got := tab.Text("#beside"); got != "the same page" {
			t.Errorf("the page came anew: %q", got)
		}
	}
	tab.Becomes("document.querySelector('.at [data-unfold]')")
	tab.Visit(url + "/broken")
	tab.Follow("[data-unfold]")
	if got := tab.Path(); got != "/else" {
		t.Errorf("a link that leads to no grid leads to %s", got)
	}
}

// TestNews holds that a page tells once that its data changed. The ages in a page change its
// ETag too, and are no news.
func TestNews(t *testing.T) {
	var tag, day, looks atomic.Int64 // of the data on the server
	mux, url := site(t, nil)
	mux.HandleFunc("/{page}", func(w http.ResponseWriter, r *http.Request) {
		etag := fmt.Sprintf(`"%d"`, tag.Load())
		w.Header().Set("ETag", etag)
		if r.PathValue("page") == "dated" {
			w.Header().Set("Last-Modified", fmt.Sprintf("Sat, %02d Nov 2026 06:09:48 GMT", day.Load()))
		}
		if r.Method == http.MethodHead {
			looks.Add(1)
			if r.Header.Get("If-None-Match") == etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		sendTestPage(w, fmt.Sprintf(`<body data-live data-every="0.05"><main><h1>Version %d</h1></main>`, tag.Load()))
	})
	tab := browser.Open(t, browser.Look{})
	looksTwice := func() {
		before := looks.Load()
		eventually.True(t, "the page looks twice", func() bool { return looks.Load() >= before+2 })
	}
	for _, page := range []string{"/tagged", "/dated"} {
		tab.Visit(url + page + "#main")
		looksTwice()
		if page == "/dated" {
			tag.Add(1)
			looksTwice()
		}
		if got := tab.Text(".news"); got != "" {
			t.Errorf("%s says %q of unchanged data", page, got)
		}
		tag.Add(1)
		day.Add(1)
		tab.Becomes("document.querySelector('.news').textContent == 'New results came. Show them'")
		want := fmt.Sprintf("Version %d", tag.Load())
		tab.Follow(".news a")
		if got := tab.Text("h1"); got != want {
			t.Errorf("%s shows %q, want %q", page, got, want)
		}
	}
}

// TestNewsOnlyIfWanted holds that a page without data-live has no line for news.
func TestNewsOnlyIfWanted(t *testing.T) {
	_, url := site(t, map[string]string{"/page": "<h1>Now</h1>"})
	tab := browser.Open(t, browser.Look{})
	tab.Visit(url + "/page")
	if tab.Count(".news") != 0 {
		t.Error("the page has a line for news")
	}
}
