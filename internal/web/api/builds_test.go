// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"testing"

	"github.com/kcidb-go/kcidb/report"
)

// spread returns up to n of the distinct IDs of objects, spread over all of them.
func spread[T any](all []T, n int, id func(*T) string) (ids []string) {
	seen := make(map[string]bool)
	for i := range all {
		if id := id(&all[i]); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	step := max(1, len(ids)/n)
	var picked []string
	for i := 0; i < len(ids); i += step {
		picked = append(picked, ids[i])
	}
	return picked
}

func buildIDs(s *served, n int) []string {
	return spread(s.loaded.Builds, n, func(b *report.Build) string { return b.ID })
}

func testIDs(s *served, n int) []string {
	return spread(s.loaded.Tests, n, func(t *report.Test) string { return t.ID })
}

const (
	buildShape = `{"id": "str", "origin": "str?", "architecture": "str?", "config_name": "str?", "misc": "obj", "config_url": "str?", "compiler": "str?",
		"status": "status", "duration": "num?", "log_url": "str?", "start_time": "ts?", "git_repository_url": "str?", "git_repository_branch": "str?",
		"checkout_id": "str", "command": "str?", "comment": "str?", "tree_name": "str?", "git_commit_hash": "str?", "git_commit_name": "str?",
		"git_commit_tags": ["str"]?, "build_origin": "str", "log_excerpt": "str?", "input_files": ["File"]?, "output_files": ["File"]?}`
	testShape = `{"field_timestamp": "ts", "id": "str", "build_id": "str", "status": "status", "path": "str?", "log_excerpt": "str?", "log_url": "str?",
		"misc": "obj", "environment_misc": {"platform": "any", "*": "any"}, "start_time": "ts?", "environment_compatible": ["str"]?,
		"input_files": ["File"]?, "output_files": ["File"]?, "compiler": "str?", "architecture": "str?", "config_name": "str?", "git_commit_hash": "str?",
		"git_repository_branch": "str?", "git_repository_url": "str?", "git_commit_tags": ["str"]?, "tree_name": "str?", "origin": "str?", "test_origin": "str"}`
	runShape = `{"id": "str", "status": "status", "duration": "num?", "path": "str?", "start_time": "ts?", "environment_compatible": ["str"]?,
		"environment_misc": "obj?", "lab": "str?"}`
)

func init() {
	contract("build", func(t *testing.T, s *served) {
		for _, id := range buildIDs(s, 20) {
			body := s.getOK("/api/build/" + url.PathEscape(id))
			wantShape(t, body, buildShape)
			if pick(t, body, "id") != id {
				t.Error(id, body)
			}
		}
	})
	contract("tests of a build", func(t *testing.T, s *served) {
		tests := make(map[string]map[string]bool)
		for i := range s.loaded.Tests {
			test := &s.loaded.Tests[i]
			if tests[test.BuildID] == nil {
				tests[test.BuildID] = make(map[string]bool)
			}
			tests[test.BuildID][test.ID] = true
		}
		for _, id := range buildIDs(s, 10) {
			path := "/api/build/" + url.PathEscape(id) + "/tests"
			if len(tests[id]) == 0 {
				s.refused(path, 200, "No tests")
				continue
			}
			body := s.getOK(path).([]any)
			for _, item := range body {
				wantShape(t, item, runShape)
			}
			if len(body) != len(tests[id]) {
				t.Errorf("%s: %d tests, want %d", id, len(body), len(tests[id]))
			}
		}
	})
	contract("issues of builds and tests", func(t *testing.T, s *served) {
		for i := range s.loaded.Incidents {
			n := &s.loaded.Incidents[i]
			path := ""
			switch {
			case i > 20 || n.Present != nil && !*n.Present:
				continue
			case n.TestID != nil:
				path = "/api/test/" + url.PathEscape(*n.TestID) + "/issues"
			case n.BuildID != nil:
				path = "/api/build/" + url.PathEscape(*n.BuildID) + "/issues"
			default:
				continue
			}
			body := s.getOK(path)
			wantShape(t, body, `["Issue"]`)
			if !slices.ContainsFunc(body.([]any), func(issue any) bool { return pick(t, issue, "id") == n.IssueID }) {
				t.Errorf("%s: no %s", path, n.IssueID)
			}
		}
	})
	contract("test", func(t *testing.T, s *served) {
		for _, id := range testIDs(s, 30) {
			body := s.getOK("/api/test/" + url.PathEscape(id))
			wantShape(t, body, testShape)
			if pick(t, body, "id") != id {
				t.Error(id, body)
			}
		}
	})
}

// wantJSON checks a body.
func wantJSON(t *testing.T, what string, body any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if !reflect.DeepEqual(body, wanted) {
		got, _ := json.MarshalIndent(body, "", "\t")
		t.Errorf("%s: %s\nwant %s", what, got, want)
	}
}

func TestBuild(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		wantJSON(t, "all there is", s.getOK("/api/build/maestro:b-pass"), `{
			"id": "maestro:b-pass", "origin": "maestro", "build_origin": "maestro", "checkout_id": "maestro:c-new", "architecture": "arm64",
			"config_name": "defconfig", "compiler": "gcc-12", "status": "PASS", "duration": 63, "start_time": "2026-03-09T13:00:00Z",
			"misc": {"runtime": "k8s", "job": 7}, "config_url": "https://files.example.org/maestro:b-pass/config",
			"log_url": "https://files.example.org/maestro:b-pass/log", "command": "make defconfig", "comment": "a build", "log_excerpt": "  LD vmlinux",
			"input_files": [{"name": "linux.tar.gz", "url": "https://files.example.org/linux.tar.gz"}],
			"output_files": [{"name": "Image", "url": "https://files.example.org/Image"}],
			"git_repository_url": "https://git.example.org/linux.git", "git_repository_branch": "master", "tree_name": "mainline",
			"git_commit_hash": "3333333333333333333333333333333333333333", "git_commit_name": "v6.13-rc2", "git_commit_tags": ["v6.13-rc2", "next-1"]
		}`)
		s.load(&report.Report{
			Builds: []report.Build{{ID: `maestro:a/b?c#d %2F+é"`, Origin: "maestro", CheckoutID: "maestro:nowhere"}},
			Tests:  []report.Test{{ID: `maestro:t/b?c#d %2F+é"`, Origin: "maestro", BuildID: "maestro:nothing"}},
		})
		wantJSON(t, "a build without a checkout", s.getOK("/api/build/"+url.PathEscape(`maestro:a/b?c#d %2F+é"`)), `{
			"id": "maestro:a/b?c#d %2F+é\"", "origin": null, "build_origin": "maestro", "checkout_id": "maestro:nowhere", "architecture": null,
			"config_name": null, "compiler": null, "status": "NULL", "duration": null, "start_time": null, "misc": {}, "config_url": null, "log_url": null,
			"command": null, "comment": null, "log_excerpt": null, "input_files": null, "output_files": null, "git_repository_url": null,
			"git_repository_branch": null, "tree_name": null, "git_commit_hash": null, "git_commit_name": null, "git_commit_tags": null
		}`)
		code, _, body := s.get("/api/test/" + url.PathEscape(`maestro:t/b?c#d %2F+é"`))
		if code != 200 {
			t.Fatal(code, body)
		}
		delete(body.(map[string]any), "field_timestamp")
		wantJSON(t, "a test without a build", body, `{
			"id": "maestro:t/b?c#d %2F+é\"", "build_id": "maestro:nothing", "test_origin": "maestro", "status": "NULL", "path": null, "start_time": null,
			"log_excerpt": null, "log_url": null, "misc": {}, "environment_misc": {"platform": null}, "environment_compatible": null, "input_files": null,
			"output_files": null, "compiler": null, "architecture": null, "config_name": null, "origin": null, "tree_name": null, "git_repository_url": null,
			"git_repository_branch": null, "git_commit_hash": null, "git_commit_tags": null
		}`)
		s.refused("/api/build/maestro:none", 200, "Build not found")
		s.refused("/api/test/maestro:none", 200, "Test not found")
		for _, path := range []string{
			"/api/build/%00", "/api/test/%00", "/api/build/%ff/tests", "/api/test/a%00/issues", "/api/issue/%00", "/api/issue/?filter_origin=%00",
			"/api/build/x/tests?cursor=%ff", "/api/tree-report?git_url=a%00&git_branch=b",
		} {
			s.refused(path, 400, "NUL")
		}
	})
}

func TestTest(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		wantJSON(t, "all there is", s.getOK("/api/test/maestro:t-open"), `{
			"field_timestamp": "2026-03-10T11:00:00Z", "id": "maestro:t-open", "build_id": "maestro:b-pass", "test_origin": "maestro", "status": "FAIL",
			"path": "ltp.syscalls.open", "start_time": "2026-03-09T14:00:00Z", "log_excerpt": "open: EPERM",
			"log_url": "https://files.example.org/maestro:t-open/log", "misc": {"runtime": "lab-1", "error_msg": "EPERM"},
			"environment_misc": {"platform": "board-a", "ram": 4}, "environment_compatible": ["vendor,board-a", "vendor,soc"], "input_files": null,
			"output_files": [{"name": "dmesg", "url": "https://files.example.org/dmesg"}], "compiler": "gcc-12", "architecture": "arm64",
			"config_name": "defconfig", "origin": "maestro", "tree_name": "mainline", "git_repository_url": "https://git.example.org/linux.git",
			"git_repository_branch": "master", "git_commit_hash": "3333333333333333333333333333333333333333", "git_commit_tags": ["v6.13-rc2", "next-1"]
		}`)
	})
}

func TestTestsOfBuild(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		body := s.getOK("/api/build/maestro:b-mid/tests").([]any)
		var paths []any
		for _, item := range body {
			paths = append(paths, pick(t, item, "path"))
		}
		if want := []any{"boot", "boot.nfs", "ltp.syscalls.open", "ltp.syscalls.read"}; !reflect.DeepEqual(paths, want) {
			t.Error(paths)
		}
		wantJSON(t, "a test", body[1], `{
			"id": "maestro:t-mid-nfs", "status": "PASS", "duration": 4, "path": "boot.nfs", "start_time": "2026-03-08T14:00:00Z",
			"environment_compatible": ["vendor,board-b", "vendor,soc"], "environment_misc": {"platform": "board-b", "ram": 4}, "lab": "lab-2"
		}`)
		_, header, cut := s.get("/api/build/maestro:b-mid/tests?limit=3")
		if len(cut.([]any)) != 3 || header.Get("Link") == "" {
			t.Error(cut, header)
		}
		s.refused("/api/build/maestro:b-old2/tests", 200, "No tests found for this build")
	})
}

func TestIssuesOfBuildsAndTests(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		const none = `"PASS": 0, "ERROR": 0, "SKIP": 0, "MISS": 0, "DONE": 0, "NULL": 0`
		code := `[{"id": "maestro:issue-code", "version": 2, "comment": "it panics in open()", "report_url": "https://lore.example.org/1",
			"incidents_info": {"FAIL": 1, ` + none + `}}]`
		wantJSON(t, "a build", s.getOK("/api/build/maestro:b-fail/issues"), code)
		wantJSON(t, "a test", s.getOK("/api/test/maestro:t-nfs/issues"), code)
		wantJSON(t, "no texts", s.getOK("/api/test/maestro:t-open/issues"), `[{"id": "redhat:issue-harness", "version": 1, "comment": null, "report_url": null,
			"incidents_info": {"FAIL": 1, `+none+`}}]`)
		for _, path := range []string{"/api/build/maestro:b-pass/issues", "/api/build/none/issues"} {
			s.refused(path, 200, "No issues found for this build")
		}
		for _, path := range []string{"/api/test/maestro:t-boot/issues", "/api/test/none/issues"} {
			s.refused(path, 200, "No issues were found for this test")
		}
	})
}
