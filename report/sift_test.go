// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files")

// TestSift sifts the reports in testdata/sift: report.json without the origin "other", and
// writes what comes of each.
func TestSift(t *testing.T) {
	files, err := filepath.Glob("testdata/sift/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := archive.Files[0].Data
			got := siftedText(t, unquoteBytes(text))
			archive.Files = []txtar.File{archive.Files[0], {Name: "sifted", Data: []byte(got)}}
			if want, _ := os.ReadFile(file); *update {
				err = os.WriteFile(file, txtar.Format(archive), 0o644)
			} else if !bytes.Equal(txtar.Format(archive), want) {
				err = fmt.Errorf("got\n%s", got)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// unquoteBytes replaces <FF> by the byte 0xFF, which no text file may have.
func unquoteBytes(text []byte) []byte {
	for _, b := range []byte{0xFF, 0xEF, 0xBB, 0xBF, 0xED, 0xA0, 0x80} {
		text = bytes.ReplaceAll(text, fmt.Appendf(nil, "<%02X>", b), []byte{b})
	}
	return text
}

// siftedText returns all that becomes of a report, a line each.
func siftedText(t *testing.T, text []byte) string {
	t.Helper()
	o := SiftOptions{Origin: func(name string) bool { return name != "other" }}
	repaired, s, err := Repaired(t.Context(), text, o)
	if err != nil {
		return fmt.Sprintf("refused: %v\n", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d objects of version %v\n", s.Objects, s.Version)
	for _, r := range s.Repairs {
		fmt.Fprintf(&b, "repaired: %s: %v\n", r.Kind, r)
	}
	for _, r := range s.Rejected {
		fmt.Fprintf(&b, "rejected: %s[%d] %q: %s\n", r.List, r.Index, r.ID, r.Document)
		for _, f := range r.Faults {
			fmt.Fprintf(&b, "  %s: %v\n", f.Kind, f)
		}
		if r.More > 0 {
			fmt.Fprintf(&b, "  and %d more\n", r.More)
		}
	}
	b.Write(repaired)
	return strings.TrimSuffix(b.String(), "\n") + "\n"
}

// checkSift checks the promises of Sift for a text.
func checkSift(t interface{ Errorf(string, ...any) }, text []byte) {
	ctx := context.Background()
	s, err := Sift(ctx, text, SiftOptions{})
	checked, checkErr := SiftCheck(ctx, text, SiftOptions{})
	repaired, _, repairedErr := Repaired(ctx, text, SiftOptions{})
	if fmt.Sprint(err) != fmt.Sprint(checkErr) || fmt.Sprint(err) != fmt.Sprint(repairedErr) {
		t.Errorf("sifted: %v\nchecked: %v\nrepaired: %v\n%q", err, checkErr, repairedErr, text)
		return
	}
	decoded, decodeErr := Decode(text)
	if err != nil {
		if invalid, ok := errors.AsType[*Error](err); !ok || decodeErr == nil || len(invalid.Faults) == 0 || len(invalid.Faults) > MaxFaults {
			t.Errorf("sifted: %v, decoded: %v\n%q", err, decodeErr, text)
		}
		return
	}
	if s.Objects != s.Report.Count() || s.Objects != checked.Objects || len(s.Rejected) != len(checked.Rejected) {
		t.Errorf("%d objects, checked %d, in the report %d\n%q", s.Objects, checked.Objects, s.Report.Count(), text)
	}
	if (decodeErr == nil) != (len(s.Rejected) == 0 && len(s.Counts) == 0) {
		t.Errorf("decoded: %v, rejected %v, repaired %v\n%q", decodeErr, s.Rejected, s.Repairs, text)
	}
	if decodeErr == nil && normalize(t, decoded) != normalize(t, s.Report) {
		t.Errorf("decoded\n%s\nsifted\n%s\n%q", normalize(t, decoded), normalize(t, s.Report), text)
	}
	again, err := Decode(repaired)
	if err != nil || normalize(t, again) != normalize(t, s.Report) {
		t.Errorf("%q is repaired as %q: %v", text, repaired, err)
	}
	if objects := countElements(text); objects != s.Objects-addedObjects(s.Report)+len(s.Rejected) {
		t.Errorf("%d of %d objects are good, %d rejected\n%q", s.Objects, objects, len(s.Rejected), text)
	}
	for _, r := range s.Rejected {
		if len(r.Faults) == 0 {
			t.Errorf("%s[%d] has no faults\n%q", r.List, r.Index, text)
		}
		alone, err := Sift(ctx, r.Document, SiftOptions{})
		if err != nil || len(alone.Rejected)+alone.Objects == 0 {
			t.Errorf("the document of %s[%d], %q: %v\n%q", r.List, r.Index, r.Document, err, text)
		}
	}
}

// countElements returns the number of elements of a report's lists.
func countElements(text []byte) (n int) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	d, err := parseDocument(bytes.ToValidUTF8(text, []byte("?")))
	if err != nil {
		return -1
	}
	for _, m := range d.root.(*object).members {
		list, _ := m.value.([]any)
		n += len(list)
	}
	return n
}

// addedObjects returns the number of objects that waived tests added to a report.
func addedObjects(r *Report) (n int) {
	for _, i := range r.Issues {
		if i.ID == waivedID {
			n++
		}
	}
	for _, i := range r.Incidents {
		if strings.HasPrefix(i.ID, waivedID+":1:") {
			n++
		}
	}
	return n
}

func TestSiftKeepsItsPromises(t *testing.T) {
	for major := range latest.Major {
		for _, text := range goldenTexts(t, major+1, "valid", "invalid") {
			checkSift(t, []byte(text))
		}
	}
	for _, text := range rawTexts(t) {
		checkSift(t, []byte(text))
	}
}

func TestSiftMutants(t *testing.T) {
	texts := make([][]string, latest.Major+1)
	for major := range texts {
		texts[major] = goldenTexts(t, major, "valid")
	}
	rapid.Check(t, func(t *rapid.T) {
		major := rapid.SampledFrom([]int{5, 5, 5, 5, 4, 4, 3, 2, 1}).Draw(t, "major")
		checkSift(t, []byte(mutate(t, rapid.SampledFrom(texts[major]).Draw(t, "text"))))
	})
}

func FuzzSift(f *testing.F) {
	seedDocuments(f)
	files, _ := filepath.Glob("testdata/sift/*.txtar")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(unquoteBytes(archive.Files[0].Data))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkSift(t, text) })
}

// TestOriginsOfSender: CheckFor and DecodeFor find the faults of origins that Sift finds.
func TestOriginsOfSender(t *testing.T) {
	allowed := func(name string) bool { return name != "other" }
	for _, name := range []string{"origins", "version-1", "version-3"} {
		archive, err := txtar.ParseFile("testdata/sift/" + name + ".txtar")
		if err != nil {
			t.Fatal(err)
		}
		text := archive.Files[0].Data
		s, err := SiftCheck(t.Context(), text, SiftOptions{Origin: allowed})
		if err != nil {
			t.Fatal(err)
		}
		want := originFaults(s.Err())
		if len(want) == 0 {
			t.Errorf("%s: no faults", name)
		}
		if _, err := CheckFor(t.Context(), text, allowed); !slices.Equal(originFaults(err), want) {
			t.Errorf("%s: checked:\n%v\nwant\n%v", name, err, want)
		}
		if _, err := DecodeFor(t.Context(), text, allowed); !slices.Equal(originFaults(err), want) {
			t.Errorf("%s: decoded:\n%v\nwant\n%v", name, err, want)
		}
		if _, err := Check(t.Context(), text); len(originFaults(err)) > 0 {
			t.Errorf("%s: checked without a sender: %v", name, err)
		}
	}
}

// originFaults returns the faults of KindOrigin in an error.
func originFaults(err error) (faults []Fault) {
	if e, ok := errors.AsType[*Error](err); ok {
		for _, f := range e.Faults {
			if f.Kind == KindOrigin {
				faults = append(faults, f)
			}
		}
	}
	return faults
}

func TestSiftRefusesTooManyFaults(t *testing.T) {
	for n, refused := range map[int]bool{MaxRejected: false, MaxRejected + 1: true} {
		text := reportOf(latest, `"builds":[`+strings.Repeat(`{},`, n)+`{"id":"a:","origin":"a","checkout_id":"a:"}]`)
		s, err := Sift(t.Context(), text, SiftOptions{})
		if refused {
			invalid, ok := errors.AsType[*Error](err)
			if !ok || invalid.Faults[0].Kind != KindSize || len(invalid.Faults) != MaxFaults || invalid.More == 0 {
				t.Errorf("%d objects with faults: %v", n, err)
			}
		} else if err != nil || s.Objects != 1 || len(s.Rejected) != n {
			t.Errorf("%d objects with faults: %v", n, err)
		}
	}
}

// TestSiftManyFaultsOfAnObject: the end of an object with many faults is found, and its text
// is JSON.
func TestSiftManyFaultsOfAnObject(t *testing.T) {
	many := bodyOf(1<<10, ``, `"%d":[{"y":"\"}{"}]`, `,`)
	good := `,{"id":"a:","origin":"a","checkout_id":"a:"}]`
	s, err := Sift(t.Context(), reportOf(latest, `"builds":[{`+many+`"x":1}`+good), SiftOptions{})
	if err != nil || s.Objects != 1 || len(s.Rejected) != 1 || len(s.Rejected[0].Faults) != listedPerObject {
		t.Errorf("got %.200s, %v", fmt.Sprintf("%+v", s), err)
	}
	_, err = Sift(t.Context(), reportOf(latest, `"builds":[{`+many+`"x":,}`+good), SiftOptions{})
	if invalid, ok := errors.AsType[*Error](err); !ok || invalid.Faults[0].Kind != KindSyntax {
		t.Errorf("got %v", err)
	}
}

// TestSiftListsSomeRepairs: all repairs are counted, and some are listed.
func TestSiftListsSomeRepairs(t *testing.T) {
	object := `{"id":"a:","origin":"a","checkout_id":"a:","comment":null,"command":"\u0000\u0000"}`
	text := reportOf(latest, `"builds":[`+strings.Repeat(object+",", MaxRepairs)+object+`]`)
	s, err := Sift(t.Context(), text, SiftOptions{})
	if err != nil || len(s.Repairs) != MaxRepairs || s.Counts[RepairNUL] != MaxRepairs+1 || s.Counts[RepairNull] != MaxRepairs+1 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestSiftingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	if _, err := Sift(ctx, reportOf(latest, `"tests":[{"id":"a:","origin":"a","build_id":"a:"}]`), SiftOptions{}); !errors.Is(err, gone) {
		t.Errorf("sifted: %v", err)
	}
}
