// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// readAll returns the values of a stream, and the error after them.
func readAll(d *Reader) (values []string, err error) {
	for {
		text, err := d.Next()
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return values, err
		}
		values = append(values, string(text))
	}
}

func TestReaderNext(t *testing.T) {
	for _, test := range []struct {
		name, stream string
		want         []string
		err          string
	}{
		{"nothing", "", nil, ""},
		{"white space", " \n\t\r", nil, ""},
		{"with white space", "{} [1, 2]\n\"a\" 12\nnull", []string{`{}`, `[1, 2]`, `"a"`, `12`, `null`}, ""},
		{"without", `{"a":"}\"{"}{}[[]]"\\"1`, []string{`{"a":"}\"{"}`, `{}`, `[[]]`, `"\\"`, `1`}, ""},
		{"RFC 7464", "\x1e{}\n\x1e\x1e[]\n\x1e1\n", []string{`{}`, `[]`, `1`}, ""},
		{"no value", "{} ,", []string{`{}`}, `expected a JSON value, found ',' at byte 3 of the stream`},
		{"closing bracket", "{}]", []string{`{}`}, `expected a JSON value, found ']' at byte 2 of the stream`},
		{"no end", `{} {"a":`, []string{`{}`}, `expected the end of the JSON value that begins at byte 3, found the end of the text at byte 8 of the stream`},
		{"no end of a string", `"a\"`, nil, `expected the end of the JSON value that begins at byte 0, found the end of the text at byte 4 of the stream`},
	} {
		for _, wrap := range []func(io.Reader) io.Reader{
			func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader,
		} {
			d := NewReader(wrap(strings.NewReader(test.stream)))
			got, err := readAll(d)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
			if message := fmt.Sprint(err); err != nil && message != test.err || err == nil && test.err != "" {
				t.Errorf("%s: error %q, want %q", test.name, message, test.err)
			}
			if _, again := d.Next(); err != nil && again != err {
				t.Errorf("%s: after an error: %v", test.name, again)
			}
		}
	}
}

func TestReaderBounds(t *testing.T) {
	d := NewReader(io.MultiReader(strings.NewReader(`{} ["`), endless{}))
	d.MaxBytes = 1 << 20
	values, err := readAll(d)
	if len(values) != 1 || err == nil || err.Error() != "the JSON value at byte 3 of the stream is larger than 1048576 bytes" {
		t.Errorf("%q, %v", values, err)
	}
	_, err = readAll(NewReader(io.MultiReader(strings.NewReader(`{} [`), iotest.ErrReader(errors.New("no luck")))))
	if err == nil || err.Error() != "read reports: no luck" {
		t.Error(err)
	}
}

// endless is an endless stream of letters.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, strings.Repeat("a", len(b))), nil }

// latestHead is the beginning of a report of the latest version.
var latestHead = fmt.Sprintf(`{"version":{"major":%d,"minor":%d}`, latest.Major, latest.Minor)

// testsReport returns a report of n tests, each with the members.
func testsReport(n int, members string) string {
	var b strings.Builder
	b.WriteString(latestHead + `,"tests":[`)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"id":"ci:%d","origin":"ci","build_id":"ci:1"%s}`, i, members)
	}
	return b.String() + "]}"
}

func TestReports(t *testing.T) {
	stream := testsReport(2, "") + testsReport(1, `,"status":"OK"`) + `{"version":{"major":4,"minor":5},"builds":[]}` + "{"
	var got []string
	for r, err := range NewReader(strings.NewReader(stream)).Reports() {
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, string(r.AppendJSON(nil)))
		}
	}
	want := []string{
		strings.ReplaceAll(testsReport(2, ""), ", ", ","),
		fmt.Sprintf(`report 2, at byte %d of the stream: tests[0] "ci:0" at /tests/0/status: expected one of FAIL, ERROR, MISS, PASS, DONE, SKIP, found "OK"`, len(testsReport(2, ""))),
		latestHead + `,"builds":[]}`,
		fmt.Sprintf("expected the end of the JSON value that begins at byte %d, found the end of the text at byte %d of the stream", len(stream)-1, len(stream)),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParts(t *testing.T) {
	five := testsReport(5, "")
	for _, test := range []struct {
		name, stream string
		most         int
		want         []int // the number of objects in each part
		err          string
	}{
		{"nothing", "", 2, nil, ""},
		{"empty report", latestHead + "}", 2, []int{0}, ""},
		{"just fits", five, 5, []int{5}, ""},
		{"one too many", five, 4, []int{4, 1}, ""},
		{"one by one", five, 1, []int{1, 1, 1, 1, 1}, ""},
		{"over lists", latestHead + `,"issues":[{"id":"ci:1","origin":"ci","version":1}],"tests":[],` + five[len(latestHead)+1:len(five)-1] + `}`, 9, nil, "each property once"},
		{"two reports", five + "\n" + five, 3, []int{3, 2, 3, 2}, ""},
		{"version last", `{"tests":[],"version":{"major":5}}` + five, 3, []int{0, 3, 2}, ""},
		{"older version", `{"version":{"major":4,"minor":0},"tests":[{"id":"ci:1","origin":"ci","build_id":"ci:1","waived":true}]}` + five, 3, []int{3, 3, 2}, ""},
		{"fault in the first part", testsReport(2, `,"status":1`), 5, nil, "report 1, at byte 0 of the stream: tests[0] \"ci:0\" at /tests/0/status"},
		{"fault later", strings.Replace(five, `"ci:3"`, `"CI:3"`, 1), 2, []int{2}, "report 1, after its first 2 objects were read: tests[3] \"CI:3\" at /tests/3/id"},
		{"cut off", five[:len(five)-20], 2, []int{2, 2}, "after its first 4 objects were read: expected the end of the JSON value"},
		{"not JSON", five[:len(five)-1] + `;`, 2, []int{2, 2}, `expected "," or "}", found ';' at byte`},
		{"unknown list", latestHead + `,"revisions":[{}]}`, 2, nil, "no such property"},
		{"list twice", five[:len(five)-1] + `,"tests":[]}`, 9, nil, "each property once"},
		{"no list", latestHead + `,"tests":{}}`, 2, nil, "expected an array, found an object"},
		{"newer version", `{"version":{"major":5,"minor":9},"tests":[]}`, 2, nil, "version"},
	} {
		var got []int
		var failure error
		for r, err := range NewReader(iotest.OneByteReader(strings.NewReader(test.stream))).Parts(test.most) {
			if failure = err; err == nil {
				got = append(got, r.Count())
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if (failure == nil) != (test.err == "") || failure != nil && !strings.Contains(failure.Error(), test.err) {
			t.Errorf("%s: error %v, want %q", test.name, failure, test.err)
		}
	}
}

// TestPartsStop stops in the middle of a report.
func TestPartsStop(t *testing.T) {
	n := 0
	for range NewReader(strings.NewReader(testsReport(9, ""))).Parts(2) {
		if n++; n == 2 {
			break
		}
	}
}

// TestPartsMemory reads a large report in little memory.
func TestPartsMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures memory, and takes long under the race detector, which changes that")
	}
	const objects = 200_000
	source, sink := io.Pipe()
	go func() {
		excerpt := strings.Repeat(`line\n`, 100)
		fmt.Fprint(sink, latestHead+`,"tests":[`)
		for i := range objects {
			if i > 0 {
				fmt.Fprint(sink, ",")
			}
			fmt.Fprintf(sink, `{"id":"ci:%d","origin":"ci","build_id":"ci:1","log_excerpt":"%d %s","misc":{"a":1}}`, i, i, excerpt)
		}
		fmt.Fprint(sink, "]}")
		sink.Close()
	}()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	count, most := 0, uint64(0)
	for r, err := range NewReader(source).Parts(5000) {
		if err != nil {
			t.Fatal(err)
		}
		count += r.Count()
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapInuse-min(now.HeapInuse, before.HeapInuse))
	}
	if count != objects || most > 64<<20 {
		t.Errorf("%d objects in %d MB, want %d in 64 MB", count, most>>20, objects)
	}
}

// joined returns the reports joined into one, and the first error.
func joined(reports iter.Seq2[*Report, error]) (*Report, error) {
	all := new(Report)
	for r, err := range reports {
		if err != nil {
			return nil, err
		}
		all.Append(r)
	}
	return all, nil
}

// FuzzReader: a stream reads the same however it arrives, and in parts as in
// whole.
func FuzzReader(f *testing.F) {
	f.Add([]byte(testsReport(4, `,"misc":{"a":[1,"]"]}`)+"\n\x1e"+latestHead+`,"issues":[],"x":1}`), 2)
	f.Add([]byte(` {} [1, 2]"\"" 12null`), 1)
	f.Add([]byte(latestHead+`,"version":{"major":5},"builds":7,"tests":[{}`), 1)
	f.Fuzz(func(t *testing.T, stream []byte, most int) {
		values, err := readAll(NewReader(bytes.NewReader(stream)))
		slow, slowErr := readAll(NewReader(iotest.OneByteReader(bytes.NewReader(stream))))
		if diff := cmp.Diff(values, slow); diff != "" || fmt.Sprint(err) != fmt.Sprint(slowErr) {
			t.Fatalf("%v, %v\n%s", err, slowErr, diff)
		}
		whole, err := joined(NewReader(bytes.NewReader(stream)).Reports())
		parts, partsErr := joined(NewReader(bytes.NewReader(stream)).Parts(most))
		if (err == nil) != (partsErr == nil) {
			t.Fatalf("in whole: %v\nin parts: %v", err, partsErr)
		}
		if diff := cmp.Diff(whole, parts, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("in parts it is not the same (-whole +parts):\n%s", diff)
		}
	})
}
