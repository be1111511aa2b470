// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// hostileBodies are the parts after the version in reports that are made to
// cost much: a repeated piece between a beginning and an end.
var hostileBodies = []struct{ name, before, piece, after string }{
	{"empty objects", `"tests":[`, `{}`, `]`},
	{"no objects", `"tests":[`, `1`, `]`},
	{"empty lists", `"tests":[`, `[]`, `]`},
	{"unknown properties", ``, `"%d":1`, ``},
	{"unknown properties of an object", `"tests":[{`, `"%d":1`, `}]`},
	{"unknown properties of objects", `"tests":[`, `{"x":1,"y":2}`, `]`},
	{"unknown lists", ``, `"%d":[{},{},{}]`, ``},
	{"the same property", `"tests":[{`, `"id":"ci:1"`, `}]`},
	{"the same list", ``, `"tests":[]`, ``},
	{"unknown value", `"x":[`, `{"a":[]}`, `]`},
	{"unknown object", `"x":{`, `"%d":1`, `}`},
	{"wrong values", `"tests":[`, `{"id":1,"origin":[],"path":{},"misc":null}`, `]`},
	{"many things in misc", `"issues":[{"id":"a:","origin":"a","version":1,"misc":{`, `"%d":1`, `}}]`},
	{"much in misc", `"tests":[{"misc":{"x":[`, `{}`, `]}}]`},
	{"deep", `"tests":[{"misc":{"x":[`, strings.Repeat("[", 500) + strings.Repeat("]", 500), `]}}]`},
	{"deep duplicates", `"tests":[{"misc":` + strings.Repeat(`{"`+strings.Repeat("n", 200)+`":`, 400) + `{`, `"a":1`, `}` + strings.Repeat("}", 400) + `}]`},
	{"white space", ` `, `                                                                        "x":1`, ` `},
	{"NUL", `"tests":[{"misc":{"x":[`, `"\u0000"`, `]}}]`},
	{"escapes", `"tests":[{"comment":"`, `\n\u0041`, `"}]`},
	{"long name", `"`, `aaaaaaaaaaaaaaaa`, `":1`},
	{"long name with escapes", `"`, `\naaaaaaaaaaaaaa`, `":1`},
	{"halves of pairs", `"tests":[{"comment":"`, `\ud800`, `"}]`},
	{"accents", `"tests":[{"comment":"`, `ééé`, `"}]`},
	{"digits", `"tests":[{"duration":0.`, `1234567890`, `}]`},
	{"long ID", `"tests":[{"id":"a:`, `bbbbbbbb`, `"}]`},
	{"version of many members", `"version":{`, `"%d":1`, `}`},
	{"garbage behind objects", `"tests":[{"id":"a:","origin":"a","build_id":"a:"},`, `,,,,,,,,`, `]`},
}

// validBodies are parts of valid reports, of 4.0 and later unless noted
// otherwise.
var validBodies = []struct {
	name, before, piece, after string
	since, until               Version
	refused                    bool // because of its memory
}{
	{"small tests", `"tests":[`, `{"id":"a:","origin":"a","build_id":"a:"}`, `]`, Version{3, 0}, latest, false},
	{"small tests of 2.0", `"tests":[`, `{"id":"a:%d","build_id":"ci:abcdefghijklm"}`, `]`, Version{2, 0}, Version{2, 0}, false},
	{"small tests of 1.1", `"tests":[`, `{"origin":"a","origin_id":"","build_origin":"a","build_origin_id":""}`, `]`, Version{1, 1}, Version{1, 1}, false},
	{"waived tests", `"tests":[`, `{"id":"ci:t%d","origin":"ci","build_id":"ci:b1","waived":true}`, `]`, Version{3, 0}, Version{4, 5}, true},
	{"small builds", `"builds":[`, `{"id":"a:","origin":"a","checkout_id":"a:"}`, `]`, Version{4, 0}, latest, false},
	{"small checkouts", `"checkouts":[`, `{"id":"ci:checkout-%d","origin":"ci","valid":true}`, `]`, Version{4, 0}, latest, false},
	{"small issues", `"issues":[`, `{"id":"a:","origin":"a","version":1}`, `]`, Version{4, 1}, latest, false},
	{"small incidents", `"incidents":[`, `{"id":"a:","origin":"a","issue_id":"a:","issue_version":1}`, `]`, Version{4, 1}, latest, false},
	{"small revisions", `"revisions":[`, `{"id":"0c3836482481200ead7b416ca80c68a29cfdaabd","origin":"a"}`, `]`, Version{3, 0}, Version{3, 0}, false},
	{"tests with parts", `"tests":[`, `{"id":"a:","origin":"a","build_id":"a:","environment":{"misc":{}},"misc":{},"status":"PASS","duration":1}`, `]`, Version{4, 0}, latest, false},
	{"short names", `"issues":[{"id":"a:","origin":"a","version":1,"categories":[`, `""`, `]}]`, Version{5, 2}, latest, false},
	{"contacts", `"checkouts":[{"id":"a:","origin":"a","contacts":[`, `""`, `]}]`, Version{4, 0}, Version{4, 5}, false},
	{"files", `"builds":[{"id":"a:","origin":"a","checkout_id":"a:","output_files":[`, `{"name":"a","url":"a:"}`, `]}]`, Version{4, 0}, latest, false},
	{"files of 1.1", `"builds":[{"origin":"a","origin_id":"b","revision_origin":"a","revision_origin_id":"c","output_files":[`, `{"name":"a/b","url":"a:"}`, `]}]`, Version{1, 1}, Version{1, 1}, false},
	{"many things in misc", `"tests":[`, `{"id":"a:","origin":"a","build_id":"a:","misc":{"a":{},"b":[[],[],[]],"c":[{},{},{}],"d":[1,1,1,1,1,1,1,1,1]}}`, `]`, Version{4, 0}, latest, false},
	{"long text", `"tests":[{"id":"a:","origin":"a","build_id":"a:","comment":"`, `\nabé`, `"}]`, Version{4, 0}, latest, false},
}

// bodyOf returns a text of roughly the given size to follow a version.
func bodyOf(size int, before, piece, after string) string {
	var b strings.Builder
	b.WriteString(before)
	text := strings.HasSuffix(before, `"`) || strings.HasSuffix(before, `.`)
	numbered := strings.Contains(piece, "%d")
	for i := 0; b.Len() < size; i++ {
		if i > 0 && !text {
			b.WriteByte(',')
		}
		if numbered {
			b.WriteString(strings.Replace(piece, "%d", strconv.Itoa(i), 1))
		} else {
			b.WriteString(piece)
		}
	}
	b.WriteString(after)
	return b.String()
}

func reportOf(v Version, body string) []byte {
	return fmt.Appendf(nil, `{"version":{"major":%d,"minor":%d},%s}`, v.Major, v.Minor, body)
}

// costOf returns the cost of decoding a text: the sum of all allocated bytes,
// whether in use at the same time or not, and the number of allocations.
func costOf(text []byte) (bytes, allocations float64, err error) {
	return cost(func() error { _, err := Decode(text); return err })
}

func cost(call func() error) (bytes, allocations float64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err = call()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc), float64(after.Mallocs - before.Mallocs), err
}

// normalBody is made of objects as CI systems send them.
const normalBody = `{"id":"ci:test-%d","origin":"ci","build_id":"ci:build-1","path":"ltp.syscalls.fork01","status":"PASS","start_time":"2025-07-01T10:00:00Z",` +
	`"duration":1.5,"log_url":"https://example.org/log","log_excerpt":"a\nb","environment":{"comment":"rack 1","compatible":["arm,a"],"misc":{"platform":"x"}},"misc":{"runtime":"lab"}}`

// TestCostOfDecoding holds the memory that decoding takes to 6 times the text,
// and the number of allocations to 3 times that of a normal report, plus what
// MaxFaults faults take. All allocations count, which is more than the memory in use.
func TestCostOfDecoding(t *testing.T) {
	const size = 2 << 20
	const faults = 10_000 // allocations
	if testing.Short() {
		t.Skip("counts allocations of hundreds of texts, of 2 MiB each")
	}
	for _, v := range versions {
		Validate(reportOf(v, `"tests":[{}]`)) // initializes everything that is created once
	}
	normal := reportOf(latest, bodyOf(size, `"tests":[`, normalBody, `]`))
	_, most, err := costOf(normal)
	if err != nil {
		t.Fatal(err)
	}
	most = 3*most + faults
	check := func(name string, v Version, body string, valid bool) {
		text := reportOf(v, body)
		bytes, allocations, err := costOf(text)
		if bytes > 6*float64(len(text)) || allocations > most {
			t.Errorf("%s of %v take %.2f times their text, and %.0f allocations, where %.0f are the most; error: %.200v",
				name, v, bytes/float64(len(text)), allocations, most, err)
		}
		if (err == nil) != valid {
			t.Errorf("%s of %v: %.200v", name, v, err)
		}
	}
	for _, c := range hostileBodies {
		body := bodyOf(size, c.before, c.piece, c.after)
		for _, v := range versions {
			check(c.name, v, body, false)
		}
	}
	for _, c := range validBodies {
		body := bodyOf(size, c.before, c.piece, c.after)
		for _, v := range versions {
			if v.Compare(c.since) >= 0 && v.Compare(c.until) <= 0 {
				check(c.name, v, body, !c.refused)
			}
		}
	}
}

// TestMemoryOfChecking: checking builds no objects.
func TestMemoryOfChecking(t *testing.T) {
	text := reportOf(latest, bodyOf(1<<20, `"tests":[`, normalBody, `]`))
	// The first call also makes the shapes of the version, once in a process.
	if _, err := Check(t.Context(), reportOf(latest, `"tests":[]`)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := Check(t.Context(), text)
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; err != nil || n != strings.Count(string(text), `"id"`) || bytes > 64<<10 {
		t.Errorf("checking %d objects in %d bytes takes %d bytes: %v", n, len(text), bytes, err)
	}
}

func TestDecodingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	text := reportOf(latest, `"tests":[{"id":"a:","origin":"a","build_id":"a:"}]`)
	if _, err := DecodeContext(ctx, text); !errors.Is(err, gone) {
		t.Errorf("decoded: %v", err)
	}
	if _, err := Check(ctx, text); !errors.Is(err, gone) {
		t.Errorf("checked: %v", err)
	}
}

// TestPointersAreBounded: faults at a great depth have short pointers.
func TestPointersAreBounded(t *testing.T) {
	name := strings.Repeat("n", 500)
	text := reportOf(latest, `"tests":[{"misc":`+strings.Repeat(`{"`+name+`":`, 400)+`{`+bodyOf(10_000, ``, `"a":1`, ``)+`}`+strings.Repeat("}", 400)+`}]`)
	err, _ := errors.AsType[*Error](Validate(text))
	if err == nil || len(err.Faults) == 0 || len(err.Error()) > len(err.Faults)*(maxPointer+maxName+500) {
		t.Errorf("got an error of %d bytes", len(err.Error()))
	}
}
