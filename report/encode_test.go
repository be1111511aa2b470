// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// sameTimes compares times to the precision of reports.
var sameTimes = cmp.Comparer(func(a, b time.Time) bool {
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
})

// roundTrip checks that a written report reads back equal, and that writing it
// again gives the same text.
func roundTrip(t *testing.T, text []byte) {
	t.Helper()
	r, err := decodeAs(text, latest)
	if err != nil {
		return
	}
	written := r.AppendJSON(nil)
	if !jsontext.Value(written).IsValid() {
		t.Fatalf("not JSON: %s", written)
	}
	again, err := decodeAs(written, latest)
	if err != nil {
		t.Fatalf("cannot read %s: %v", written, err)
	}
	if diff := cmp.Diff(r, again, sameTimes); diff != "" {
		t.Fatalf("%q: not the same (-before +after):\n%s", text, diff)
	}
	if twice := again.AppendJSON(nil); !bytes.Equal(written, twice) {
		t.Fatalf("written differently the second time:\n%s\n%s", written, twice)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, text := range goldenTexts(t, 5, "valid") {
		roundTrip(t, []byte(text))
	}
}

func FuzzRoundTrip(f *testing.F) {
	for i, text := range goldenTexts(f, 5, "valid") {
		if i%20 == 0 {
			f.Add([]byte(text))
		}
	}
	f.Fuzz(roundTrip)
}

// TestAppendJSON has every property in its place.
func TestAppendJSON(t *testing.T) {
	at := time.Date(2025, 7, 1, 12, 0, 0, 123456789, time.FixedZone("", 2*60*60))
	files := []Resource{{"a", "https://h/a"}}
	r := &Report{
		Checkouts: []Checkout{{
			ID: "ci:1", Origin: "ci", TreeName: new("mainline"), GitRepositoryURL: new("https://h/x.git"), GitCommitHash: new("c0ffee"),
			GitCommitName: new("v6.1"), GitCommitTags: []string{"v6.1", "x"}, GitCommitMessage: new("line\n\"two\"\t\\\x01é"),
			GitRepositoryBranch: new("master"), GitRepositoryBranchTip: new(true), PatchsetFiles: files, PatchsetHash: new(""),
			MessageID: new("a@b"), Comment: new("c"), StartTime: &at, OriginBuildsFinishTime: new(at.Truncate(time.Second)),
			OriginTestsFinishTime: &at, LogURL: new("a:"), LogExcerpt: new("log"), Valid: new(false), Misc: json.RawMessage(`{"a":1}`), Timestamp: &at,
		}},
		Builds: []Build{{
			ID: "ci:2", Origin: "ci", CheckoutID: "ci:1", Comment: new("c"), StartTime: &at, Duration: new(1e-7), Architecture: new("arm64"),
			Command: new("make"), Compiler: new("gcc"), InputFiles: files, OutputFiles: []Resource{}, ConfigName: new("defconfig"),
			ConfigURL: new("a:"), LogURL: new("a:"), LogExcerpt: new(""), Status: new(StatusPass), Misc: json.RawMessage(`{}`), Timestamp: &at,
		}},
		Tests: []Test{{
			ID: "ci:3", Origin: "ci", BuildID: "ci:2", Environment: &Environment{Comment: new("c"), Compatible: []string{"a,b"}, Misc: json.RawMessage(`{}`)},
			Path: new("a.b"), Comment: new("c"), LogURL: new("a:"), LogExcerpt: new("x"), Status: new(StatusFail),
			Number: &Number{Value: 1e21, Unit: new("B/s"), Prefix: new(PrefixBinary)}, StartTime: &at, Duration: new(12.5),
			InputFiles: files, OutputFiles: files, Misc: json.RawMessage(`{}`), Timestamp: &at,
		}, {Environment: &Environment{}, Duration: new(math.NaN()), Number: &Number{Value: math.Inf(1)}, Path: new("\xff\x00")}},
		Issues: []Issue{{
			ID: "ci:4", Version: 2, Origin: "ci", ReportURL: new("a:"), ReportSubject: new("s"), Culprit: &Culprit{new(true), new(false), new(true)},
			Categories: []string{}, Comment: new("c"), Misc: json.RawMessage(`{}`), Timestamp: &at,
		}},
		Incidents: []Incident{{
			ID: "ci:5", Origin: "ci", IssueID: "ci:4", IssueVersion: 2, BuildID: new("ci:2"), TestID: new("ci:3"), Present: new(true),
			Comment: new("c"), Misc: json.RawMessage(`{}`), Timestamp: &at,
		}},
	}
	const stamp = `"2025-07-01T10:00:00.123456+00:00"`
	want := strings.ReplaceAll(latestHead+`,"checkouts":[{"id":"ci:1","origin":"ci","tree_name":"mainline","git_repository_url":"https://h/x.git",`+
		`"git_commit_hash":"c0ffee","git_commit_name":"v6.1","git_commit_tags":["v6.1","x"],"git_commit_message":"line\n\"two\"\t\\\u0001é",`+
		`"git_repository_branch":"master","git_repository_branch_tip":true,"patchset_files":[{"name":"a","url":"https://h/a"}],"patchset_hash":"",`+
		`"message_id":"a@b","comment":"c","start_time":AT,"origin_builds_finish_time":"2025-07-01T10:00:00+00:00","origin_tests_finish_time":AT,`+
		`"log_url":"a:","log_excerpt":"log","valid":false,"misc":{"a":1},"_timestamp":AT}],`+
		`"builds":[{"id":"ci:2","origin":"ci","checkout_id":"ci:1","comment":"c","start_time":AT,"duration":1e-07,"architecture":"arm64","command":"make",`+
		`"compiler":"gcc","input_files":[{"name":"a","url":"https://h/a"}],"output_files":[],"config_name":"defconfig","config_url":"a:","log_url":"a:",`+
		`"log_excerpt":"","status":"PASS","misc":{},"_timestamp":AT}],`+
		`"tests":[{"id":"ci:3","origin":"ci","build_id":"ci:2","environment":{"comment":"c","compatible":["a,b"],"misc":{}},"path":"a.b","comment":"c",`+
		`"log_url":"a:","log_excerpt":"x","status":"FAIL","number":{"value":1e+21,"unit":"B/s","prefix":"binary"},"start_time":AT,"duration":12.5,`+
		`"input_files":[{"name":"a","url":"https://h/a"}],"output_files":[{"name":"a","url":"https://h/a"}],"misc":{},"_timestamp":AT},`+
		`{"id":"","origin":"","build_id":"","environment":{},"path":"`+"\uFFFD"+`\u0000","number":{"value":null}}],`+
		`"issues":[{"id":"ci:4","version":2,"origin":"ci","report_url":"a:","report_subject":"s","culprit":{"code":true,"tool":false,"harness":true},`+
		`"categories":[],"comment":"c","misc":{},"_timestamp":AT}],`+
		`"incidents":[{"id":"ci:5","origin":"ci","issue_id":"ci:4","issue_version":2,"build_id":"ci:2","test_id":"ci:3","present":true,"comment":"c",`+
		`"misc":{},"_timestamp":AT}]}`, "AT", stamp)
	if diff := cmp.Diff(want, string(r.AppendJSON(nil))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	marshalled, err := json.Marshal(r)
	if err != nil || !json.Valid(marshalled) {
		t.Errorf("json.Marshal: %v\n%s", err, marshalled)
	}
}

func TestUnmarshalJSON(t *testing.T) {
	var r Report
	if err := json.Unmarshal([]byte(`{"version":{"major":5,"minor":0},"tests":[]}`), &r); err != nil || r.Tests == nil {
		t.Errorf("%v, %v", r, err)
	}
	if err := json.Unmarshal([]byte(`{"version":{"major":7}}`), &r); err == nil {
		t.Error("a report of an unknown version is read")
	}
}
