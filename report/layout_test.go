// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// largest records the largest piece that is written.
type largest struct {
	bytes.Buffer
	most int
}

func (l *largest) Write(p []byte) (int, error) {
	l.most = max(l.most, len(p))
	return l.Buffer.Write(p)
}

// The size of a layout is bounded by the text, for any depth, and the layout is written in
// pieces. The result is the same JSON, and Decode accepts it again.
func TestLayoutOfDeepObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
	misc := `{"x":[` + strings.Repeat(strings.Repeat("[", 480)+strings.Repeat("]", 480)+",", 1000) + `0]}`
	wide := `{"x":[` + strings.Repeat("0,", maxMisc/2-10) + `0]}`
	text := reportOf(latest, `"tests":[{"id":"a:1","origin":"a","build_id":"a:","misc":`+misc+`},{"id":"a:2","origin":"a","build_id":"a:","misc":`+wide+`}]`)
	r, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	parts := func(yield func(*Report, error) bool) { yield(r, nil) }
	for name, write := range map[string]func(*Writer) error{
		"whole": func(w *Writer) error { return w.Write(r) },
		"raw":   func(w *Writer) error { return w.WriteRaw(text) },
		"parts": func(w *Writer) error { return w.WriteParts(parts) },
	} {
		var out largest
		w := NewWriter(&out)
		w.Indent = 4
		if err := write(w); err != nil {
			t.Fatal(err)
		}
		if most := 2 * maxLevels * len(text); out.Len() > most || out.most > laidOut+100 {
			t.Errorf("%s: %d bytes of a report of %d, %d at once", name, out.Len(), len(text), out.most)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, out.Bytes()); err != nil || compact.String() != string(r.AppendJSON(nil)) {
			t.Errorf("%s: another report, %v", name, err)
		}
		if _, err := Decode(out.Bytes()); err != nil {
			t.Errorf("%s: %.300v", name, err)
		}
		if err := Validate(out.Bytes()); err != nil {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

// TestLayoutLevels: deep values are on one line, with their brackets.
func TestLayoutLevels(t *testing.T) {
	l := layout{indent: 1}
	got := string(l.append(nil, []byte(strings.Repeat("[", maxLevels)+`[1,{"a":[]}],[]`+strings.Repeat("]", maxLevels))))
	want := "\n" + strings.Repeat(" ", maxLevels) + `[1,{"a": []}],` + "\n" + strings.Repeat(" ", maxLevels) + "[]\n"
	if !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
}
