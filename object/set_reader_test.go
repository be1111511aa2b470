// SPDX-License-Identifier: Apache-2.0

package object_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/object"
)

// readAll reads sets, and returns them written as one.
func readAll(t *testing.T, text string, perSet int) string {
	t.Helper()
	var sets []*object.Set
	for set, err := range object.ReadSets(strings.NewReader(text), perSet) {
		if err != nil {
			t.Fatal(err)
		}
		if set.Count() == 0 || set.Count() > perSet {
			t.Errorf("a set of %d objects, want 1 to %d", set.Count(), perSet)
		}
		sets = append(sets, set)
	}
	again, err := write(0, false, sets...)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestReadSetsReadsWhatIsWritten(t *testing.T) {
	s := sample(t)
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	s.Report.Tests[0].Timestamp = &at
	want, err := write(0, false, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, perSet := range []int{1, 2, 7, s.Count() - 1, s.Count(), 100_000} {
		if diff := cmp.Diff(want, readAll(t, want, perSet)); diff != "" {
			t.Errorf("%d objects per set (-want +got):\n%s", perSet, diff)
		}
	}
	for _, empty := range []string{"{}", ` { "test" : [ ] , "issue" : [ ] } ` + "\n"} {
		if got := readAll(t, empty, 10); got != "{}\n" {
			t.Errorf("%s is read as %s", empty, got)
		}
	}
}

func TestReadSetsRefuses(t *testing.T) {
	whole := string((&object.Set{Issues: []object.Issue{{ID: "1", Origin: "ci"}}, Revisions: []object.Revision{{GitCommitHash: "5e29"}}}).AppendJSON(nil))
	texts := []string{
		`[]`, `1`, `{"test":{}}`, `{"test":[1]}`, `{"test":[[]]}`, `{"tests":[]}`, `{"issue":[{"id":1}]}`, `{"test":[{"id":"ci:1"}]}`, `{"test":null}`,
	}
	for end := range len(whole) {
		texts = append(texts, whole[:end])
	}
	for _, text := range texts {
		var last error
		for set, err := range object.ReadSets(strings.NewReader(text), 10) {
			if last != nil || (set == nil) == (err == nil) {
				t.Errorf("%s: got %v, %v after %v", text, set, err, last)
			}
			last = err
		}
		if last == nil || !strings.HasPrefix(last.Error(), "read objects: ") {
			t.Errorf("%s: got %v, want an error", text, last)
		}
	}
}
