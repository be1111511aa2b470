// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"compress/gzip"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
)

// TestFilesAreSmallAndOurOwn holds the budget of a first visit, and that nothing comes from
// other hosts or runs text as code.
func TestFilesAreSmallAndOurOwn(t *testing.T) {
	for _, c := range []struct {
		name      string
		file      []byte
		most      int // bytes, compressed
		forbidden string
	}{
		{"style.css", style(), 6000, `@import|url\(|https?://|expression|transition|animation`},
		{"script.js", script, 8000, `\beval\b|\bFunction\(|[iI]nnerHTML|outerHTML|insertAdjacentHTML|document\.write|https?://`},
	} {
		var size countingWriter
		w, _ := gzip.NewWriterLevel(&size, gzip.BestCompression)
		w.Write(c.file)
		w.Close()
		if int(size) > c.most {
			t.Errorf("%s has %d bytes compressed, may have %d", c.name, size, c.most)
		}
		for _, found := range regexp.MustCompile(c.forbidden).FindAllString(string(c.file), -1) {
			t.Errorf("%s has %q", c.name, found)
		}
	}
	beforePrint, _, _ := strings.Cut(styleSource, "@media print")
	if strings.Contains(beforePrint, "!important") {
		t.Error("style.css has !important outside of print")
	}
}

type countingWriter int

func (n *countingWriter) Write(b []byte) (int, error) {
	*n += countingWriter(len(b))
	return len(b), nil
}

// vocabulary are the classes that templates use.
var vocabulary = strings.Fields(`
	top crumb foot skip-to vh soft none nw
	filter q active form field hint error pick primary
	verdict facts note empty m t c o here legend key
	new still known flaky lab fixed ok skip wait
	counts ns tabs bar chart axis
	f-new f-still f-known f-flaky f-lab f-fixed f-ok f-skip f-dot f-path f-line f-1 f-2 f-3 f-4 f-5 f-6
	scroll num nums stack full fill grid sub now matrix strip plot
	cause why fault more foldout log long part hit rel gap cmd text
	two even dl short steps list pager
	at sort copies copy news`)

func TestVocabulary(t *testing.T) {
	for _, class := range vocabulary {
		if !regexp.MustCompile(`\.` + class + `[^\w-]`).Match(style()) {
			t.Errorf("style.css has no .%s", class)
		}
	}
	rules := regexp.MustCompile(`(?s)/\*.*?\*/|\{[^{}]*\}`).ReplaceAllString(styleSource, "")
	for _, match := range regexp.MustCompile(`\.([a-z][\w-]*)`).FindAllStringSubmatch(rules, -1) {
		if !slices.Contains(vocabulary, match[1]) {
			t.Errorf("style.css has .%s, which is no word of the templates", match[1])
		}
	}
}

// themes returns the colours of the style sheet, by theme and name.
func themes(t *testing.T) map[string]map[string]rgb {
	t.Helper()
	light, dark := map[string]rgb{}, map[string]rgb{}
	roots := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(styleSource, 2)
	for i, theme := range []map[string]rgb{light, dark} {
		for _, match := range regexp.MustCompile(`--([\w-]+): #(\w+);`).FindAllStringSubmatch(roots[i][1], -1) {
			theme[match[1]] = parseRGB(t, match[2])
		}
	}
	if len(light) != len(dark) || len(light) < 30 {
		t.Fatalf("%d colours are light, %d are dark", len(light), len(dark))
	}
	return map[string]map[string]rgb{"light": light, "dark": dark}
}

func TestContrasts(t *testing.T) {
	const text, mark = 4.5, 3
	type pair struct {
		colour, ground string
		least          float64
	}
	pairs := []pair{
		{"text", "ground", text}, {"text", "sheet", text}, {"text", "raise", text}, {"text", "mark", text},
		{"soft", "ground", text}, {"soft", "sheet", text}, {"soft", "raise", text},
		{"link", "ground", text}, {"link", "sheet", text}, {"link", "raise", text},
		{"ground", "text", text}, // the line of news
		{"on", "link", text}, {"on", "new", text}, {"on", "fixed", text},
		{"text", "new-bg", text}, {"text", "flaky-bg", text}, {"link", "new-bg", text}, {"link", "flaky-bg", text}, // notes
		{"edge", "sheet", mark}, {"edge", "ground", mark}, {"edge", "raise", mark},
		{"new", "ground", text}, // errors of fields
	}
	for _, kind := range []string{"new", "still", "known", "flaky", "lab", "fixed", "ok", "skip"} {
		pairs = append(pairs, pair{kind, "sheet", text}, pair{kind, "raise", text}, pair{kind, kind + "-bg", text})
	}
	for i := range 6 {
		pairs = append(pairs, pair{fmt.Sprint("s", i+1), "sheet", mark})
	}
	for name, colours := range themes(t) {
		for _, p := range pairs {
			if got := contrast(colours[p.colour], colours[p.ground]); got < p.least {
				t.Errorf("%s: %s on %s has a contrast of %.2f, needs %.1f", name, p.colour, p.ground, got, p.least)
			}
		}
	}
}

// visions turn linear RGB into the light that a reader distinguishes (Machado, Oliveira and
// Fernandes 2009, complete deficiency).
var visions = map[string][3][3]float64{
	"full":         {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{.152286, 1.052583, -.204868}, {.114503, .786281, .099216}, {-.003882, -.048116, 1.051998}},
	"deuteranopia": {{.367322, .860646, -.227968}, {.280085, .672501, .047413}, {-.011820, .042940, .968881}},
	"tritanopia":   {{1.255528, -.076749, -.178779}, {-.078411, .930809, .147602}, {.004733, .691367, .303900}},
}

// TestSeriesDiffer holds that readers distinguish the series of a chart, with any vision.
func TestSeriesDiffer(t *testing.T) {
	const least = 0.08 // of Oklab; 0.02 is just noticeable
	for name, colours := range themes(t) {
		for vision, seen := range visions {
			for i := range 6 {
				for j := range i {
					a, b := fmt.Sprint("s", i+1), fmt.Sprint("s", j+1)
					if got := colours[a].seenBy(seen).distance(colours[b].seenBy(seen)); got < least {
						t.Errorf("%s, %s: %s and %s differ by %.3f, must by %.2f", name, vision, a, b, got, least)
					}
				}
			}
		}
	}
}

// rgb is a colour in linear sRGB.
type rgb [3]float64

func parseRGB(t *testing.T, hex string) (c rgb) {
	t.Helper()
	if len(hex) == 3 {
		hex = hex[:1] + hex[:1] + hex[1:2] + hex[1:2] + hex[2:] + hex[2:]
	}
	for i := range c {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c[i] = float64(n) / 255
		if c[i] <= 0.04045 {
			c[i] /= 12.92
		} else {
			c[i] = math.Pow((c[i]+0.055)/1.055, 2.4)
		}
	}
	return c
}

// contrast is that of WCAG 2.
func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func (c rgb) luminance() float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }

func (c rgb) seenBy(vision [3][3]float64) rgb {
	seen := times(vision, c)
	for i := range seen {
		seen[i] = min(max(seen[i], 0), 1)
	}
	return seen
}

// distance is that in Oklab.
func (c rgb) distance(other rgb) float64 {
	a, b := c.oklab(), other.oklab()
	return math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
}

func (c rgb) oklab() [3]float64 {
	cones := times([3][3]float64{{.4122214708, .5363325363, .0514459929}, {.2119034982, .6806995451, .1073969566}, {.0883024619, .2817188376, .6299787005}}, c)
	for i := range cones {
		cones[i] = math.Cbrt(cones[i])
	}
	return times([3][3]float64{{.2104542553, .793617785, -.0040720468}, {1.9779984951, -2.428592205, .4505937099}, {.0259040371, .7827717662, -.808675766}}, cones)
}

func times(m [3][3]float64, v [3]float64) (product [3]float64) {
	for i, row := range m {
		product[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return product
}

// TestUndrawnParts shows the parts of pages that need the style sheet most, at both widths.
func TestUndrawnParts(t *testing.T) {
	_, url := site(t, map[string]string{"/": partsPage})
	for _, look := range []browser.Look{{}, {Dark: true}, {Width: browser.Phone}, {Width: browser.Phone, Dark: true}} {
		t.Run(fmt.Sprint(look), func(t *testing.T) {
			tab := browser.Open(t, look)
			tab.Visit(url)
			tab.Fits()
			browser.Axe(t, tab)
		})
	}
}

// partsPage has the parts that are wide, long or seldom.
var partsPage = `<body data-live><header class="top"><a href="/">KCIDB</a><nav aria-label="Site"><a href="/" aria-current="page">Trees</a> <a href="/">Hardware</a></nav>
<form role="search" action="/"><label class="vh" for="q">Search</label><input id="q" name="q" type="search"><button>Search</button></form></header>
<main id="main"><h1>` + strings.Repeat("long.", 60) + ` <small>` + strings.Repeat("name", 60) + `</small></h1>
<p class="verdict new"><b class="m new">1 NEW</b> ` + strings.Repeat("word_", 60) + `<small>` + strings.Repeat("more_", 60) + `</small></p>
<p class="facts">ID <code data-copy>` + strings.Repeat("maestro:", 30) + `</code></p>
<h2>Volume</h2><figure><svg class="chart" viewBox="0 0 300 100" preserveAspectRatio="none" role="img" aria-label="Tests a day"><line class="f-line" x1="0" x2="300" y1="50" y2="50"/>
<rect class="f-1" x="1" y="10" width="8" height="90"/><polyline class="f-path" points="0,1 300,50"/></svg><div class="axis"><span>28 Nov</span><span>30 Oct</span></div>
<ul class="legend"><li><b class="key f-1"></b>maestro</li><li><b class="key f-2"></b>redhat</li></ul><figcaption>At most 214,806 a day</figcaption></figure>
<div class="empty"><p>No test ran here. <a href="/">See the boot</a>.</p><pre class="cmd" tabindex="0" role="region" aria-label="Command"><code>kcidb submit &lt; report.json ` + strings.Repeat("and ", 60) + `</code></pre></div>
<h2>Record an issue</h2><form class="form" action="/"><div class="note new" role="alert"><p>Mend one thing: <a href="#title">the title</a>.</p></div><p class="note">Nobody sees it yet.</p>
<div class="field"><label for="title">Title</label><p class="hint" id="hint">One line.</p><p class="error" id="error">The title is empty.</p><input id="title" aria-invalid="true" aria-describedby="hint error"></div>
<div class="field"><label for="comment">Comment</label><textarea id="comment"></textarea></div>
<fieldset><legend>Where</legend><label class="pick"><input type="checkbox"> boots</label> <label class="pick"><input type="radio"> tests</label></fieldset><button class="primary">Record</button> <button>Show</button></form>
<h2>Log</h2><pre class="log long" tabindex="0" role="region" aria-label="Log"><code>` +
	strings.Repeat(`<span class="part"><span><a href="#L10001">10001</a>  [    1.000001] `+strings.Repeat("x", 300)+`
</span><span class="hit"><a href="#L10002">10002</a>▶ BUG
</span><span class="gap">  … 2 lines left out …
</span></span>`, 3) + `</code></pre>
<h2>Texts</h2><pre class="text">` + strings.Repeat("net: mend ", 60) + `</pre><details class="more foldout" open><summary>misc</summary><pre class="text">{"a": "` + strings.Repeat("b", 300) + `"}</pre></details>
<div class="scroll" tabindex="0" role="region" aria-label="Tests"><table class="grid"><thead><tr><th scope="col">Group</th>` + strings.Repeat(`<th scope="col"><a href="/">Nov<br>27</a></th>`, 30) + `<th scope="col" class="now">Now</th></tr></thead>
<tbody><tr><th scope="row"><a href="/">▾ kselftest</a> <span class="soft">7,904</span></th>` + strings.Repeat(`<td class="c new"><a href="/" aria-label="N9: 9 new">N9</a></td><td class="c lab"><a href="/" aria-label="L200: 200 lab">L200</a></td>`, 15) + `<td class="now">` + strings.Repeat("what ", 20) + `</td></tr></tbody></table></div>
<div class="scroll"><table class="stack"><thead><tr><th scope="col">Origin</th><th scope="col" class="num">Tests</th></tr></thead><tbody>` +
	strings.Repeat(`<tr><th scope="row"><a href="/">`+strings.Repeat("origin", 12)+`</a></th><td class="num" data-l="tests">1,204</td></tr>`, 4) + `</tbody></table></div>
<h2>Found</h2><ul class="list"><li><b class="m known">KNOWN</b> <a href="/">` + strings.Repeat("path.", 40) + `</a> <mark>word</mark><br><small>in a log</small></li></ul>
</main><footer class="foot"><p>Data as of now.</p><ul><li><a href="/">JSON</a></li></ul></footer>`
