// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

const (
	issueFields = `"field_timestamp": "ts", "id": "str", "version": "count", "origin": "str", "comment": "str?", "culprit_code": "bool?",
		"culprit_tool": "bool?", "culprit_harness": "bool?", "categories": ["str"]?`
	issueListShape = `{"issues": [{` + issueFields + `}], "extras": {"*": "Incident"},
		"filters": {"origins": ["str"], "culprits": ["str"], "categories": ["str"]}}`
	extraShape = `{"first_incident": "Incident", "last_incident": "Incident", "versions": {"*": {"id": "str", "version": "count",
		"trees": [{"tree_name": "str?", "git_repository_branch": "str?"}], "tags": ["str"]}}}`
	issueShape       = `{` + issueFields + `, "report_url": "str?", "report_subject": "str?", "misc": "obj?", "extra": {"*": ` + extraShape + `}?}`
	issueBuildsShape = `[{"id": "str", "architecture": "str?", "config_name": "str?", "status": "status", "start_time": "ts?", "duration": "num?",
		"compiler": "str?", "log_url": "str?", "tree_name": "str?", "git_repository_branch": "str?", "misc": "obj"}]`
	issueTestsShape = `[{"id": "str", "status": "status", "duration": "num?", "path": "str?", "start_time": "ts?", "environment_compatible": ["str"]?,
		"environment_misc": "obj?", "tree_name": "str?", "git_repository_branch": "str?", "lab": "str?"}]`
)

// seenIDs returns the IDs of the builds, or tests, that incidents of a version of an
// issue are of, and that are there.
func (s *served) seenIDs(issue string, version int, tests bool) map[string]bool {
	there := make(map[string]bool)
	for i := range s.loaded.Builds {
		there[s.loaded.Builds[i].ID] = !tests
	}
	for i := range s.loaded.Tests {
		there[s.loaded.Tests[i].ID] = tests
	}
	present := make(map[string]report.Incident)
	for _, n := range s.loaded.Incidents {
		present[n.ID] = n
	}
	ids := make(map[string]bool)
	for _, n := range present {
		id := n.BuildID
		if n.TestID != nil {
			id = n.TestID
		}
		if n.IssueID == issue && n.IssueVersion == version && (n.Present == nil || *n.Present) && id != nil && there[*id] {
			ids[*id] = true
		}
	}
	return ids
}

func init() {
	contract("issue list", func(t *testing.T, s *served) {
		path := "/api/issue/?startTimestampInSeconds=0&endTimestampInSeconds=4102444800"
		if len(s.loaded.Issues) == 0 {
			s.refused(path, 200, "No issues found")
			return
		}
		body := s.getOK(path)
		wantShape(t, body, issueListShape)
		versions := make(map[string]bool)
		for i := range s.loaded.Issues {
			versions[fmt.Sprint(s.loaded.Issues[i].ID, s.loaded.Issues[i].Version)] = true
		}
		if got := len(pick(t, body, "issues").([]any)); got != len(versions) {
			t.Errorf("%d issues, want %d", got, len(versions))
		}
	})
	contract("issue", func(t *testing.T, s *served) {
		for i, n := range s.loaded.Issues {
			if i == 20 {
				break
			}
			path := "/api/issue/" + url.PathEscape(n.ID)
			version := fmt.Sprintf("?version=%d", n.Version)
			body := s.getOK(path + version)
			wantShape(t, body, issueShape)
			wantShape(t, s.getOK(path), issueShape)
			if pick(t, body, "id") != n.ID || pick(t, body, "version") != float64(n.Version) {
				t.Error(n.ID, n.Version, body)
			}
			for what, shape := range map[string]string{"builds": issueBuildsShape, "tests": issueTestsShape} {
				ids := s.seenIDs(n.ID, n.Version, what == "tests")
				if len(ids) == 0 {
					s.refused(path+"/"+what+version, 200, "No "+what+" found for this issue")
					continue
				}
				body := s.getOK(path + "/" + what + version)
				wantShape(t, body, shape)
				got := make(map[string]bool)
				for _, item := range body.([]any) {
					got[pick(t, item, "id").(string)] = true
				}
				if !reflect.DeepEqual(got, ids) || len(got) != len(body.([]any)) {
					t.Errorf("%s of %s,%d: %v, want %v", what, n.ID, n.Version, got, ids)
				}
			}
		}
	})
	contract("issue extras", func(t *testing.T, s *served) {
		var pairs [][2]any
		for _, n := range s.loaded.Incidents {
			if len(pairs) < 100 && (n.Present == nil || *n.Present) {
				pairs = append(pairs, [2]any{n.IssueID, n.IssueVersion})
			}
		}
		if len(pairs) == 0 {
			return
		}
		body := s.postOK("/api/issue/extras/", map[string]any{"issues": pairs})
		wantShape(t, body, `{"issues": {"*": `+extraShape+`}}`)
		for _, pair := range pairs {
			first := pick(t, body, "issues", pair[0], "first_incident")
			at, _ := pick(t, first, "first_seen").(string)
			last, _ := pick(t, body, "issues", pair[0], "last_incident", "first_seen").(string)
			if at > last {
				t.Errorf("%v was seen first at %s, and last at %s", pair, at, last)
			}
		}
	})
}

// The first incident of maestro:issue-code, as it is by the world.
const firstOfCode = `{"first_seen": "2026-03-08T14:00:00Z", "git_commit_hash": "2222222222222222222222222222222222222222",
	"git_repository_url": "https://git.example.org/linux.git", "git_repository_branch": "master", "git_commit_name": "v6.13-rc1-5-g2222222",
	"tree_name": "mainline", "issue_version": 1, "checkout_id": "maestro:c-mid"}`

const firstOfHarness = `{"first_seen": "2026-03-09T14:00:00Z", "git_commit_hash": "3333333333333333333333333333333333333333",
	"git_repository_url": "https://git.example.org/linux.git", "git_repository_branch": "master", "git_commit_name": "v6.13-rc2",
	"tree_name": "mainline", "issue_version": 1, "checkout_id": "maestro:c-new"}`

func TestListIssues(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		wantJSON(t, "the last week", s.getOK("/api/issue/"), `{
			"issues": [
				{"field_timestamp": "2026-03-09T12:00:00Z", "id": "redhat:issue-harness", "version": 1, "origin": "redhat", "comment": null,
					"culprit_code": null, "culprit_tool": null, "culprit_harness": true, "categories": null},
				{"field_timestamp": "2026-03-09T11:00:00Z", "id": "maestro:issue-code", "version": 2, "origin": "maestro", "comment": "it panics in open()",
					"culprit_code": true, "culprit_tool": null, "culprit_harness": false, "categories": ["kernel.panic", "kernel.oops"]},
				{"field_timestamp": "2026-03-08T11:00:00Z", "id": "maestro:issue-code", "version": 1, "origin": "maestro", "comment": "it panics",
					"culprit_code": true, "culprit_tool": null, "culprit_harness": null, "categories": null},
				{"field_timestamp": "2026-03-08T10:00:00Z", "id": "maestro:issue-idle", "version": 1, "origin": "maestro", "comment": "nobody saw it",
					"culprit_code": null, "culprit_tool": true, "culprit_harness": null, "categories": ["tool"]}
			],
			"extras": {"maestro:issue-code": `+firstOfCode+`, "redhat:issue-harness": `+firstOfHarness+`},
			"filters": {"origins": ["maestro", "redhat"], "culprits": ["code", "harness", "tool"],
				"categories": ["Unknown", "kernel.oops", "kernel.panic", "tool"]}
		}`)
		now := worldNow.Unix()
		hour := func(ago int) int64 { return now - int64(ago)*3600 }
		for _, tt := range []struct{ query, want string }{
			{"", "harness1 code2 code1 idle1"},
			{"interval_in_days=1", "harness1"},
			{"interval_in_days=2", "harness1 code2"},
			{"interval_in_days=36500", "harness1 code2 code1 idle1"},
			{fmt.Sprintf("startTimestampInSeconds=%d", hour(49)), "harness1 code2 code1"},
			{fmt.Sprintf("startTimestampInSeconds=%d.5", hour(49)), "harness1 code2"},
			{fmt.Sprintf("endTimestampInSeconds=%d", hour(25)), "code2 code1 idle1"},
			{fmt.Sprintf("endTimestampInSeconds=%d", hour(25)-1), "code1 idle1"},
			{fmt.Sprintf("endTimestampInSeconds=%d&interval_in_days=1", hour(25)), "code2 code1"},
			{fmt.Sprintf("startTimestampInSeconds=%d&endTimestampInSeconds=%[1]d", hour(25)), "code2"},
			{fmt.Sprintf("startTimestampInSeconds=%d.0&endTimestampInSeconds=%[1]d.0&interval_in_days=9", hour(25)), "code2"},
			{"startTimestampInSeconds=-253402300799&endTimestampInSeconds=99999999999", "harness1 code2 code1 idle1"},
			{fmt.Sprintf("endTimestampInSeconds=%d", hour(51)), ""},
			{"endTimestampInSeconds=-253402300799&interval_in_days=36500", ""},
			{"filter_origin=redhat", "harness1"},
			{"filter_origin=redhat&filter_origin=maestro", "harness1 code2 code1 idle1"},
			{"filter_origin=Red", ""},
			{"filter_issue.culprit=code", "code2 code1"},
			{"filter_issue.culprit=code&filter_issue.culprit=harness", "harness1 code2 code1"},
			{"filter_issue.culprit=Unknown", ""},
			{"filter_issue.categories=kernel.oops", "code2"},
			{"filter_issue.categories=Unknown", "harness1 code1"},
			{"filter_issue.categories=Unknown&filter_issue.categories=tool", "harness1 code1 idle1"},
			{"filter_issue.options=hasIncident", "harness1 code2 code1"},
			{"filter_issue.options=other", "harness1 code2 code1 idle1"},
			{"filter_issue.options=hasIncident&filter_issue.culprit=tool", ""},
			{"filter_of.nothing=x&other=y", "harness1 code2 code1 idle1"},
		} {
			path := "/api/issue?" + tt.query
			if tt.want == "" {
				s.refused(path, 200, "No issues found")
				continue
			}
			body := s.getOK(path)
			wantShape(t, body, issueListShape)
			if got := issueNames(t, body); got != tt.want {
				t.Errorf("%s: %s, want %s", tt.query, got, tt.want)
			}
			if origins := pick(t, body, "filters", "origins"); strings.Contains(tt.query, "filter") && !reflect.DeepEqual(origins, []any{"maestro", "redhat"}) {
				t.Errorf("%s: %v", tt.query, origins)
			}
		}
		for query, message := range map[string]string{
			"startTimestampInSeconds=9999999999": "startTimestampInSeconds", "startTimestampInSeconds=2&endTimestampInSeconds=0": "startTimestampInSeconds",
			"startTimestampInSeconds=now": "startTimestampInSeconds", "endTimestampInSeconds=NaN": "endTimestampInSeconds",
			"endTimestampInSeconds=999999999999": "endTimestampInSeconds",
			"interval_in_days=0":                 "interval_in_days", "interval_in_days=x": "interval_in_days", "interval_in_days=99999999999999999999": "interval_in_days",
			"limit=0": "limit", "cursor=x": "cursor",
		} {
			s.refused("/api/issue/?"+query, 400, message)
		}
	})
}

// issueNames returns what stands in a list, in short.
func issueNames(t *testing.T, body any) string {
	var names []string
	for _, item := range pick(t, body, "issues").([]any) {
		_, name, _ := strings.Cut(pick(t, item, "id").(string), ":issue-")
		names = append(names, fmt.Sprint(name, pick(t, item, "version")))
	}
	return strings.Join(names, " ")
}

func TestListIssuesInPages(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		var got []string
		for next := "/api/issue/?limit=1"; next != "" && len(got) < 10; {
			_, header, body := s.get(next)
			got = append(got, issueNames(t, body))
			if extras := pick(t, body, "extras").(map[string]any); len(extras) > 1 {
				t.Error(extras)
			}
			next = ""
			if link := header.Get("Link"); link != "" {
				next = link[1:strings.Index(link, ">")]
			}
		}
		if want := "harness1 code2 code1 idle1"; strings.Join(got, " ") != want {
			t.Error(got)
		}
	})
}

// A version that arrives again between two pages moves to the front of the list. The
// second page still has the versions that the first page did not show, each once.
func TestListIssuesInPagesWhileTheyArrive(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		_, header, body := s.get("/api/issue?limit=2")
		if got := issueNames(t, body); got != "harness1 code2" {
			t.Error(got)
		}
		now := worldNow
		s.load(&report.Report{Issues: []report.Issue{{ID: "maestro:issue-code", Version: 2, Origin: "maestro", Timestamp: &now}}})
		if got := issueNames(t, s.getOK(nextOf(header.Get("Link")))); got != "code1 idle1" {
			t.Error(got)
		}
		if got := issueNames(t, s.getOK("/api/issue?limit=2")); got != "code2 harness1" {
			t.Error(got)
		}
		for _, key := range []cursor{{"x", "maestro:issue-code", "1"}, {"1", "maestro:issue-code", "x"}, {"1", "maestro:issue-code"}} {
			s.refused("/api/issue?cursor="+key.String(), 400, "cursor is not")
		}
		if got := pick(t, s.getOK("/api/issue?cursor="+cursor{"1", "a", "1"}.String()), "issues").([]any); len(got) != 0 {
			t.Error(got)
		}
	})
}

const extraOfCode = `"first_incident": ` + firstOfCode + `, "last_incident": {"first_seen": "2026-03-09T14:00:00Z",
	"git_commit_hash": "3333333333333333333333333333333333333333", "git_repository_url": "https://git.example.org/linux.git",
	"git_repository_branch": "master", "git_commit_name": "v6.13-rc2", "tree_name": "mainline", "issue_version": 2, "checkout_id": "maestro:c-new"}`

func versionOfCode(n int) string {
	return fmt.Sprintf(`"%d": {"id": "maestro:issue-code", "version": %[1]d,
		"trees": [{"tree_name": "mainline", "git_repository_branch": "master"}], "tags": ["mainline"]}`, n)
}

func TestIssue(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		newest := `{
			"field_timestamp": "2026-03-09T11:00:00Z", "id": "maestro:issue-code", "version": 2, "origin": "maestro", "comment": "it panics in open()",
			"culprit_code": true, "culprit_tool": null, "culprit_harness": false, "categories": ["kernel.panic", "kernel.oops"],
			"report_url": "https://lore.example.org/1", "report_subject": "panic in open()", "misc": {"pattern": "EPERM"},
			"extra": {"maestro:issue-code": {` + extraOfCode + `, "versions": {` + versionOfCode(2) + `}}}
		}`
		wantJSON(t, "the newest", s.getOK("/api/issue/maestro:issue-code"), newest)
		wantJSON(t, "version 2", s.getOK("/api/issue/maestro:issue-code?version=2"), newest)
		wantJSON(t, "version 1", s.getOK("/api/issue/maestro:issue-code?version=1"), `{
			"field_timestamp": "2026-03-08T11:00:00Z", "id": "maestro:issue-code", "version": 1, "origin": "maestro", "comment": "it panics",
			"culprit_code": true, "culprit_tool": null, "culprit_harness": null, "categories": null, "report_url": null, "report_subject": null, "misc": null,
			"extra": {"maestro:issue-code": {`+extraOfCode+`, "versions": {`+versionOfCode(1)+`}}}
		}`)
		wantJSON(t, "nobody saw it", s.getOK("/api/issue/maestro:issue-idle"), `{
			"field_timestamp": "2026-03-08T10:00:00Z", "id": "maestro:issue-idle", "version": 1, "origin": "maestro", "comment": "nobody saw it",
			"culprit_code": null, "culprit_tool": true, "culprit_harness": null, "categories": ["tool"], "report_url": null, "report_subject": null,
			"misc": null, "extra": null
		}`)
		odd := `ci:i/b?c#d %2F+é"`
		s.load(&report.Report{
			Issues:    []report.Issue{{ID: odd, Version: 1, Origin: "ci"}},
			Incidents: []report.Incident{{ID: "ci:odd", Origin: "ci", IssueID: odd, IssueVersion: 1, BuildID: new("maestro:b-pass")}},
		})
		for _, what := range []string{"", "/builds"} {
			s.getOK("/api/issue/" + url.PathEscape(odd) + what)
		}
		s.refused("/api/issue/maestro:issue-code?version=3", 200, "Issue not found")
		s.refused("/api/issue/none", 200, "Issue not found")
		for _, version := range []string{"x", "-1", "1.5", "9999999999", "2147483648"} {
			s.refused("/api/issue/maestro:issue-code?version="+version, 400, "version")
		}
	})
}

func TestIssueBuildsAndTests(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		build := `[{"id": "maestro:b-fail", "architecture": "x86_64", "config_name": "x86_64_defconfig", "status": "FAIL",
			"start_time": "2026-03-09T13:00:00Z", "duration": 64, "compiler": "clang-17", "log_url": "https://files.example.org/maestro:b-fail/log",
			"tree_name": "mainline", "git_repository_branch": "master", "misc": {"runtime": "k8s", "job": 7}}]`
		test := `[{"id": "maestro:t-nfs", "status": "FAIL", "duration": 8, "path": "boot.nfs", "start_time": "2026-03-09T14:00:00Z",
			"environment_compatible": ["vendor,board-b", "vendor,soc"], "environment_misc": {"platform": "board-b", "ram": 4}, "tree_name": "mainline",
			"git_repository_branch": "master", "lab": "lab-2"}]`
		wantJSON(t, "builds", s.getOK("/api/issue/maestro:issue-code/builds"), build)
		wantJSON(t, "tests", s.getOK("/api/issue/maestro:issue-code/tests"), test)
		wantJSON(t, "of a version", s.getOK("/api/issue/maestro:issue-code/builds?version=2&filter_origin=maestro&filter_origin=redhat"), build)
		if got := pick(t, s.getOK("/api/issue/maestro:issue-code/tests?version=1"), 0, "id"); got != "maestro:t-mid-read" {
			t.Error(got)
		}
		const noBuilds, noTests = "No builds found for this issue", "No tests found for this issue"
		s.refused("/api/issue/maestro:issue-code/builds?version=1", 200, noBuilds)
		s.refused("/api/issue/maestro:issue-code/builds?filter_origin=redhat", 200, noBuilds)
		s.refused("/api/issue/maestro:issue-idle/builds", 200, noBuilds)
		s.refused("/api/issue/maestro:issue-idle/tests", 200, noTests)
		s.refused("/api/issue/maestro:issue-code/tests?version=7", 200, noTests)
		s.refused("/api/issue/none/tests", 200, noTests)
		s.refused("/api/issue/none/builds", 200, noBuilds)
		s.refused("/api/issue/maestro:issue-code/tests?version=x", 400, "version")
	})
}

// Many tests are read in parts, each once, the last one first.
func TestTestsOfIssueAreWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long")
	}
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{Issues: []report.Issue{{ID: "ci:i", Version: 3, Origin: "ci"}}}
		var want []string
		for n := range seenAtOnce*2 + 7 {
			id := fmt.Sprintf("ci:t%03d", n)
			r.Tests = append(r.Tests, report.Test{ID: id, Origin: "ci", BuildID: "ci:b", StartTime: new(worldNow.Add(time.Duration(n/3) * time.Second))})
			for again := range 2 {
				r.Incidents = append(r.Incidents, report.Incident{ID: fmt.Sprintf("ci:n%03d.%d", n, again), Origin: "ci", IssueID: "ci:i", IssueVersion: 3, TestID: &id})
			}
			want = append(want, id)
		}
		s.load(r)
		slices.Reverse(want)
		var got []string
		for _, item := range s.getOK("/api/issue/ci:i/tests").([]any) {
			got = append(got, pick(t, item, "id").(string))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d tests, want %d: %v", len(got), len(want), got)
		}
		_, header, page := s.get("/api/issue/ci:i/tests?limit=150")
		if link := header.Get("Link"); len(page.([]any)) != 150 || link == "" {
			t.Error(len(page.([]any)), header)
		} else if _, _, rest := s.get(link[1:strings.Index(link, ">")]); len(rest.([]any)) != 57 {
			t.Error(len(rest.([]any)))
		}
	})
}

// An issue that was seen in a test of an unreported build has its version, with empty
// lists.
func TestIssueSeenNowhere(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		fail := report.StatusFail
		s.load(&report.Report{
			Issues: []report.Issue{{ID: "ci:i", Version: 1, Origin: "ci"}, {ID: "ci:i", Version: 2, Origin: "ci"}},
			Tests:  []report.Test{{ID: "ci:t", Origin: "ci", BuildID: "ci:b", Path: new("x"), Status: &fail}},
			// It does not say that it is there, and counts.
			Incidents: []report.Incident{{ID: "ci:n", Origin: "ci", IssueID: "ci:i", IssueVersion: 1, TestID: new("ci:t")}},
		})
		for path, version := range map[string]float64{"/api/issue/ci:i?version=1": 1, "/api/issue/ci:i": 2} {
			want := map[string]any{"id": "ci:i", "version": version, "trees": []any{}, "tags": []any{}}
			if diff := cmp.Diff(want, pick(t, s.getOK(path), "extra", "ci:i", "versions", fmt.Sprint(version))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
		if got := ids(t, s.getOK("/api/test/ci:t/issues")); got != "ci:i" {
			t.Errorf("issues of the test: %s", got)
		}
	})
}

// An incident that names a build and a test is one of both.
func TestIncidentOfBuildAndTest(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		fail := report.StatusFail
		s.load(&report.Report{
			Checkouts: []report.Checkout{ofBranch("ci:c", mainlineURL, hashNew, startNew)},
			Builds:    []report.Build{{ID: "ci:b", Origin: "ci", CheckoutID: "ci:c", Status: &fail}, {ID: "ci:b2", Origin: "ci", CheckoutID: "ci:c"}},
			Tests:     []report.Test{{ID: "ci:t", Origin: "ci", BuildID: "ci:b2", Path: new("x"), StartTime: &startNew}},
			Issues:    []report.Issue{{ID: "ci:i", Version: 1, Origin: "ci"}},
			Incidents: []report.Incident{
				{ID: "ci:n", Origin: "ci", IssueID: "ci:i", IssueVersion: 1, BuildID: new("ci:b"), TestID: new("ci:t"), Present: new(true)},
			},
		})
		for path, status := range map[string]string{"/api/build/ci:b/issues": "FAIL 1", "/api/test/ci:t/issues": "NULL 1"} {
			if got := brief(pick(t, s.getOK(path), 0, "incidents_info")); got != status {
				t.Errorf("%s: %s", path, got)
			}
		}
		for path, id := range map[string]string{"/api/issue/ci:i/builds": "ci:b", "/api/issue/ci:i/tests": "ci:t"} {
			if got := ids(t, s.getOK(path)); got != id {
				t.Errorf("%s: %s", path, got)
			}
		}
		summary := pick(t, s.getOK("/api/tree/"+hashNew+"/summary?origin=ci"), "summary")
		for kind, status := range map[string]string{"builds": "FAIL 1", "tests": "NULL 1"} {
			if got := brief(pick(t, summary, kind, "issues", 0, "incidents_info")); got != status || pick(t, summary, kind, "unknown_issues") != 0. {
				t.Errorf("%s: %s, %v", kind, got, pick(t, summary, kind))
			}
		}
		if got := ids(t, pick(t, s.getOK("/api/tree/"+hashNew+"/builds?origin=ci&filter_build.issue=ci:i,1"), "builds")); got != "ci:b" {
			t.Errorf("builds with the issue: %s", got)
		}
	})
}

func TestIssueExtras(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		path := "/api/issue/extras/"
		body := s.postOK(path, `{"issues": [["maestro:issue-code", 2], ["maestro:issue-code", 1], ["maestro:issue-code", 2], ["maestro:issue-code", 9],
			["redhat:issue-harness", 1], ["maestro:issue-idle", 1], ["none", 0]], "more": true}`)
		harness := `{"first_incident": ` + firstOfHarness + `, "last_incident": ` + firstOfHarness + `, "versions": {"1": {"id": "redhat:issue-harness",
			"version": 1, "trees": [{"tree_name": "mainline", "git_repository_branch": "master"}], "tags": ["mainline"]}}}`
		wantJSON(t, "extras", body, `{"issues": {"maestro:issue-code": {`+extraOfCode+`, "versions": {`+versionOfCode(1)+`,`+versionOfCode(2)+`,
			"9": {"id": "maestro:issue-code", "version": 9, "trees": [], "tags": []}}},
			"redhat:issue-harness": `+harness+`}}`)
		none := func(what, body string, code int, message string) {
			got, _, answer := s.post(path, body)
			wantError(t, what, got, answer, code, message)
		}
		none("nobody saw it", `{"issues": [["maestro:issue-idle", 1]]}`, 200, "No extra details found")
		none("unknown", `{"issues": [["none", 1]]}`, 200, "No extra details found")
		none("empty", `{"issues": []}`, 400, "issues")
		none("missing", `{}`, 400, "issues")
		none("not a list", `{"issues": "x"}`, 400, "issues")
		none("no pair", `{"issues": [["a"]]}`, 400, "issues")
		none("three", `{"issues": [["a", 1, 2]]}`, 400, "issues")
		none("the other way round", `{"issues": [[1, "a"]]}`, 400, "ID")
		none("not a number", `{"issues": [["a", "b"]]}`, 400, "ID")
		none("a large version", `{"issues": [["a", 2147483648]]}`, 400, "issues")
		none("half a version", `{"issues": [["a", 1.5]]}`, 400, "issues")
		none("too many", `{"issues": [`+strings.Repeat(`["a", 1],`, 1000)+`["a", 1]]}`, 400, "issues")
		none("an ID that cannot be", `{"issues": [["\u0000", 1]]}`, 400, "NUL")
		none("no JSON", `{"issues"`, 400, "")
		s.refused("/api/issue/extras/", 405, "")
	})
}

func TestTreeTag(t *testing.T) {
	for tree, want := range map[string]string{
		"mainline": "mainline", "stable": "stable", "stable-rc": "stable", "next": "linux-next", "linux-next": "linux-next", "net-next": "", "": "",
	} {
		if got := treeTag(tree); got != want {
			t.Errorf("%s: %s", tree, got)
		}
	}
}
