// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

var update = flag.Bool("update", false, "write the texts to testdata")

const base = "https://kcidb.example.org"

// arrival is when all objects of these tests arrived.
var arrival = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// open returns a database with reports in it.
func open(tb testing.TB, reports ...*report.Report) store.Store {
	tb.Helper()
	s := sqlite.OpenMemory(tb.Name())
	tb.Cleanup(func() { s.Close() })
	if err := s.Init(tb.Context(), store.Version{}); err != nil {
		tb.Fatal(err)
	}
	for _, r := range reports {
		r.SetTimestamps(arrival) // everything at the same time
		if _, err := s.Load(tb.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			tb.Fatal(err)
		}
	}
	return s
}

// texts returns the summary and the description of an object, and checks what is
// so of all of them.
func texts(tb testing.TB, s store.Store, ref object.Ref) string {
	tb.Helper()
	found, err := graph.New(tb.Context(), s).Find(ref)
	if err != nil {
		tb.Fatal(err)
	}
	summary, err := describe.Summary(found[0])
	if err != nil {
		tb.Fatal(err)
	}
	document, err := describe.Description(found[0], base)
	if err != nil {
		tb.Fatal(err)
	}
	description := document.Text()
	if n := utf8.RuneCountInString(summary); n > 256 || n == 0 || strings.Contains(summary, "\n") {
		tb.Errorf("%s: the summary has %d characters, or more than a line: %q", ref, n, summary)
	}
	checkPlain(tb, summary+"\n"+description)
	for l := range strings.Lines(description) {
		whole := func(word string) bool { return len(word) > 40 || strings.Contains(word, "://") } // it is not broken
		if n := utf8.RuneCountInString(l) - 1; n > 72 && !slices.ContainsFunc(strings.Fields(l), whole) && !strings.HasPrefix(l, "    ") {
			tb.Errorf("%s: a line of %d characters: %s", ref, n, l)
		}
	}
	if len(description) > 65536 {
		tb.Errorf("%s: %d bytes are more than a mail has", ref, len(description))
	}
	return summary + "\n\n" + description
}

// checkPlain checks that nothing in a text does more than show.
func checkPlain(tb testing.TB, text string) {
	tb.Helper()
	if !utf8.ValidString(text) || strings.HasSuffix(text, "\n\n") || strings.Contains(text, "\n\n\n") {
		tb.Errorf("not valid, or with more than one empty line: %q", text)
	}
	for _, r := range text {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			tb.Errorf("%U is in: %q", r, text)
		}
	}
}

// golden compares a text with the one in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
