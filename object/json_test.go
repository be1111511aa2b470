// SPDX-License-Identifier: Apache-2.0

package object_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// sample is a set with objects of all types; those of the report are the ones
// the queries of the Python system were recorded with.
func sample(t *testing.T) *object.Set {
	name := "v6.1"
	return &object.Set{
		Revisions: []object.Revision{
			{GitCommitHash: "5e29", GitCommitName: &name, PatchsetFiles: []report.Resource{{Name: "1", URL: "https://example.org/1"}}},
			{GitCommitHash: "77aa", PatchsetHash: "12"},
		},
		Issues: []object.Issue{{ID: "ci:1", Origin: "ci"}},
		Report: *conformance.Dataset(t),
	}
}

// fields are the fields that an object has at least, present or null.
var fields = map[string]string{
	"revision": "git_commit_hash patchset_hash git_commit_name patchset_files",
	"checkout": "id origin tree_name git_repository_url git_commit_hash git_commit_name git_commit_tags git_commit_message " +
		"git_repository_branch git_repository_branch_tip patchset_files patchset_hash message_id comment start_time " +
		"origin_builds_finish_time origin_tests_finish_time log_url log_excerpt valid misc",
	"build": "id origin checkout_id comment start_time duration architecture command compiler input_files output_files " +
		"config_name config_url log_url log_excerpt status misc",
	"test": "id origin build_id environment_comment environment_compatible environment_misc path comment log_url log_excerpt " +
		"status number_value number_unit number_prefix start_time duration input_files output_files misc",
	"issue": "id origin",
	"issue_version": "id version_num origin report_url report_subject culprit_code culprit_tool culprit_harness categories " +
		"comment misc",
	"incident": "id origin issue_id issue_version_num build_id test_id present comment misc",
}

func TestSetHasAllFields(t *testing.T) {
	s := sample(t)
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string][]map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != len(object.Types()) {
		t.Errorf("got %d types", len(got))
	}
	n := 0
	for name, objects := range got {
		n += len(objects)
		for _, o := range objects {
			for _, field := range strings.Fields(fields[name]) {
				if _, ok := o[field]; !ok {
					t.Fatalf("%s without %s: %v", name, field, o)
				}
			}
		}
	}
	if n != s.Count() || len(slices.Collect(s.Refs())) != n {
		t.Errorf("got %d objects, want %d, %d refs", n, s.Count(), len(slices.Collect(s.Refs())))
	}
}

func TestSetValues(t *testing.T) {
	yes, comment, value := true, "a \"b\"\n\xff", report.PrefixBinary
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	s := &object.Set{Report: report.Report{
		Tests: []report.Test{{
			ID: "ci:1", Origin: "ci", BuildID: "ci:2", Timestamp: &at,
			Environment: &report.Environment{Comment: &comment, Compatible: []string{}, Misc: []byte(`{"a": [1]}`)},
			Number:      &report.Number{Value: 1e30, Prefix: &value},
		}},
		Issues: []report.Issue{{ID: "ci:3", Version: 7, Origin: "ci", Culprit: &report.Culprit{Tool: &yes}, Categories: []string{"a", "b"}}},
	}}
	want := `{"test":[{"id":"ci:1","origin":"ci","build_id":"ci:2","environment_comment":"a \"b\"\n` + "\ufffd" + `","environment_compatible":[],` +
		`"environment_misc":{"a": [1]},"path":null,"comment":null,"log_url":null,"log_excerpt":null,"status":null,"number_value":1e+30,` +
		`"number_unit":null,"number_prefix":"binary","start_time":null,"duration":null,"input_files":null,"output_files":null,"misc":null,` +
		`"_timestamp":"2026-01-02T02:04:05.000006+00:00"}],` +
		`"issue_version":[{"id":"ci:3","version_num":7,"origin":"ci","report_url":null,"report_subject":null,"culprit_code":null,` +
		`"culprit_tool":true,"culprit_harness":null,"categories":["a","b"],"comment":null,"misc":null}]}`
	// Properties of later versions than 5.3 come behind misc.
	got := regexp.MustCompile(`"misc":null(,"[a-z_]+":null)+`).ReplaceAllString(string(s.AppendJSON(nil)), `"misc":null`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := fmt.Sprint(slices.Collect(s.Refs())); got != "[test[ci:1] issue_version[ci:3, 7]]" {
		t.Errorf("got %s", got)
	}
}

// TestSetWriterTypes has the lists that were asked for, with objects or without, in
// the order of types.
func TestSetWriterTypes(t *testing.T) {
	types := []object.Type{object.TypeIncident, object.TypeTest, object.TypeIssue, object.TypeTest}
	for want, sets := range map[string][]*object.Set{
		`{"test":[],"issue":[],"incident":[]}`: {{}},
		`{"revision":[{"git_commit_hash":"5e29","patchset_hash":"","git_commit_name":null,"patchset_files":null}],` +
			`"test":[],"issue":[{"id":"1","origin":"ci"},{"id":"2","origin":"ci"}],"incident":[]}`: {
			{Revisions: []object.Revision{{GitCommitHash: "5e29"}}},
			{Issues: []object.Issue{{ID: "1", Origin: "ci"}}}, {Issues: []object.Issue{{ID: "2", Origin: "ci"}}},
		},
	} {
		var b bytes.Buffer
		w := object.NewSetWriter(&b, 0, false)
		w.Types = types
		for _, s := range sets {
			if err := w.Write(s); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil || b.String() != want+"\n" {
			t.Errorf("got %s, %v, want %s", b.String(), err, want)
		}
	}
}

// write writes sets with a writer.
func write(indent int, seq bool, sets ...*object.Set) (string, error) {
	var b bytes.Buffer
	w := object.NewSetWriter(&b, indent, seq)
	for _, s := range sets {
		if err := w.Write(s); err != nil {
			return b.String(), err
		}
	}
	err := w.Close()
	return b.String(), err
}

func TestSetWriter(t *testing.T) {
	issues := func(ids ...string) *object.Set {
		s := &object.Set{}
		for _, id := range ids {
			s.Issues = append(s.Issues, object.Issue{ID: id, Origin: "ci"})
		}
		return s
	}
	revision := &object.Set{Revisions: []object.Revision{{GitCommitHash: "5e29"}}}
	for _, c := range []struct {
		name   string
		indent int
		seq    bool
		sets   []*object.Set
		want   string
	}{
		{"nothing", 0, false, nil, "{}\n"},
		{"nothing, spaced", 4, true, []*object.Set{{}}, "\x1e{}\n"},
		{"several sets", 0, true, []*object.Set{revision, issues("1"), {}, issues("2", "3")},
			"\x1e" + `{"revision":[{"git_commit_hash":"5e29","patchset_hash":"","git_commit_name":null,"patchset_files":null}],` +
				`"issue":[{"id":"1","origin":"ci"},{"id":"2","origin":"ci"},{"id":"3","origin":"ci"}]}` + "\n"},
		{"spaced", 2, false, []*object.Set{issues("1")},
			"{\n  \"issue\": [\n    {\n      \"id\": \"1\",\n      \"origin\": \"ci\"\n    }\n  ]\n}\n"},
	} {
		if got, err := write(c.indent, c.seq, c.sets...); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
	if _, err := write(0, false, issues("1"), revision); err == nil || err.Error() != "write objects: revision behind issue" {
		t.Errorf("wrong order: got %v", err)
	}
}

func TestSetWriterWritesWhatSetsAppend(t *testing.T) {
	s := sample(t)
	var want bytes.Buffer
	if err := json.Compact(&want, s.AppendJSON(nil)); err != nil {
		t.Fatal(err)
	}
	if got, err := write(0, false, s); err != nil || got != want.String()+"\n" {
		t.Errorf("got %v, another text", err)
	}
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, want.Bytes(), "", "   "); err != nil {
		t.Fatal(err)
	}
	if got, err := write(3, false, s); err != nil || got != spaced.String()+"\n" {
		t.Errorf("got %v, another text", err)
	}
}

// brokenPipe takes some bytes.
type brokenPipe struct{ left int }

func (p *brokenPipe) Write(b []byte) (int, error) {
	if p.left -= len(b); p.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(b), nil
}

func TestSetWriterStopsAtErrors(t *testing.T) {
	s := sample(t)
	w := object.NewSetWriter(&brokenPipe{20_000}, 0, true)
	err := w.Write(s)
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if again := w.Close(); again != err {
		t.Errorf("got %v, then %v", err, again)
	}
	bad := &object.Set{Report: report.Report{Builds: []report.Build{{Misc: []byte("{")}}}}
	if _, err := write(0, false, bad); err == nil {
		t.Error("got no error for misc that is no JSON")
	}
}
