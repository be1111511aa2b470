// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

const treeReportShape = `{"dashboard_url": "str", "git_url": "str", "git_branch": "str", "commit_hash": "str?", "origin": "str", "checkout_start_time": "ts?",
	"build_status_summary": "StatusCount", "boot_status_summary": "SuffixedStatusCount", "test_status_summary": "SuffixedStatusCount",
	"possible_regressions": "Histories", "fixed_regressions": "Histories", "unstable_tests": "Histories",
	"issues": {"builds": [{"is_new_issue": "bool", "issue_id": "str", "comment": "str?", "build_id": "str", "version": "count", "report_url": "str?",
		"first_seen": "ts?", "culprit_code": "bool?", "culprit_tool": "bool?", "culprit_harness": "bool?"}]}}`

func init() {
	shapes["Histories"] = `{"*": {"*": {"*": {"*": [{"id": "str", "start_time": "ts?", "status": "status"}]}}}}`
	contract("tree report", func(t *testing.T, s *served) {
		asked := make(map[string]bool)
		for i := range s.loaded.Checkouts {
			c := &s.loaded.Checkouts[i]
			if c.GitRepositoryURL == nil || c.GitRepositoryBranch == nil || c.StartTime == nil || s.now.Sub(*c.StartTime) > 700*time.Hour {
				continue
			}
			path := "/api/tree-report?" + url.Values{"origin": {c.Origin}, "git_url": {*c.GitRepositoryURL}, "git_branch": {*c.GitRepositoryBranch},
				"group_size": {"5"}, "max_age_in_hours": {"720"}}.Encode()
			if asked[path] || len(asked) == 10 {
				continue
			}
			asked[path] = true
			body := s.getOK(path)
			wantShape(t, body, treeReportShape)
			for _, what := range []string{"possible_regressions", "fixed_regressions", "unstable_tests"} {
				eachHistory(t, pick(t, body, what), func(variant string, runs []any) {
					if len(runs) < 2 || len(runs) > 5 {
						t.Errorf("%s: %s has %d runs", what, variant, len(runs))
					}
				})
			}
		}
	})
}

// eachHistory calls do for the histories of a report.
func eachHistory(t *testing.T, histories any, do func(variant string, runs []any)) {
	for platform, configs := range histories.(map[string]any) {
		for config, made := range configs.(map[string]any) {
			for by, paths := range made.(map[string]any) {
				for path, runs := range paths.(map[string]any) {
					do(fmt.Sprintf("%s %s %s %s", platform, config, by, path), runs.([]any))
				}
			}
		}
	}
}

func TestTreeReport(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		const query = "?origin=maestro&git_branch=master&git_url=" + mainlineURL
		want := `{
			"dashboard_url": "https://kcidb.example.org/checkout/maestro:c-new", "git_url": "https://git.example.org/linux.git", "git_branch": "master",
			"commit_hash": "3333333333333333333333333333333333333333", "origin": "maestro", "checkout_start_time": "2026-03-09T12:00:00Z",
			"build_status_summary": {"PASS": 2, "FAIL": 1, "ERROR": 1, "SKIP": 1, "MISS": 1, "DONE": 1, "NULL": 1},
			"boot_status_summary": {"pass_count": 2, "fail_count": 1, "error_count": 0, "skip_count": 0, "miss_count": 0, "done_count": 0, "null_count": 0},
			"test_status_summary": {"pass_count": 3, "fail_count": 2, "error_count": 1, "skip_count": 1, "miss_count": 1, "done_count": 1, "null_count": 1},
			"possible_regressions": {
				"board-a": {"defconfig": {"arm64/gcc-12": {"ltp.syscalls.open": [
					{"id": "maestro:t-open", "start_time": "2026-03-09T14:00:00Z", "status": "FAIL"},
					{"id": "maestro:t-mid-open", "start_time": "2026-03-08T14:00:00Z", "status": "PASS"},
					{"id": "maestro:t-old-open", "start_time": "2026-03-07T14:00:00Z", "status": "PASS"}]}}},
				"board-b": {"defconfig": {"arm64/gcc-12": {"boot.nfs": [
					{"id": "maestro:t-nfs", "start_time": "2026-03-09T14:00:00Z", "status": "FAIL"},
					{"id": "maestro:t-mid-nfs", "start_time": "2026-03-08T14:00:00Z", "status": "PASS"}]}}}
			},
			"fixed_regressions": {"board-a": {"defconfig": {"arm64/gcc-12": {"ltp.syscalls.read": [
				{"id": "maestro:t-read", "start_time": "2026-03-09T14:00:00Z", "status": "PASS"},
				{"id": "maestro:t-mid-read", "start_time": "2026-03-08T14:00:00Z", "status": "FAIL"}]}}}},
			"unstable_tests": {},
			"issues": {"builds": [{"is_new_issue": false, "issue_id": "maestro:issue-code", "version": 2, "comment": "it panics in open()",
				"build_id": "maestro:b-fail", "report_url": "https://lore.example.org/1", "first_seen": "2026-03-08T14:00:00Z",
				"culprit_code": true, "culprit_tool": null, "culprit_harness": false}]}
		}`
		wantJSON(t, "kci-dev's form", s.getOK("/api/tree-report"+query), want)
		wantJSON(t, "with a slash", s.getOK("/api/tree-report/"+query+"&group_size=3&max_age_in_hours=24&min_age_in_hours=0&tree_name=mainline&path=%25"), want)

		variants := func(more string) map[string]string {
			t.Helper()
			body := s.getOK("/api/tree-report" + query + more)
			found := make(map[string]string)
			for _, what := range []string{"possible_regressions", "fixed_regressions", "unstable_tests"} {
				eachHistory(t, pick(t, body, what), func(variant string, runs []any) {
					found[variant] = what
				})
			}
			return found
		}
		for _, tt := range []struct {
			more string
			want int
		}{
			{"", 3}, {"&path=boot", 0}, {"&path=boot%25", 1}, {"&path=boot%25&path=ltp.syscalls.open", 2}, {"&path=ltp.syscalls.r__d", 1},
			{"&group_size=2", 3}, {"&group_size=200", 3}, {"&path=none", 0},
		} {
			if got := variants(tt.more); len(got) != tt.want {
				t.Errorf("%s: %v", tt.more, got)
			}
		}

		// A report of an earlier time shows the state of that time.
		older := s.getOK("/api/tree-report" + query + "&max_age_in_hours=72&min_age_in_hours=30")
		if pick(t, older, "commit_hash") != hashMid || len(pick(t, older, "issues", "builds").([]any)) != 0 {
			t.Error(older)
		}
		for _, more := range []string{"&max_age_in_hours=23", "&max_age_in_hours=40&min_age_in_hours=30", "&origin=linaro", "&tree_name=next"} {
			q := query
			if more == "&origin=linaro" {
				q = "?git_branch=master&git_url=" + mainlineURL
			}
			s.refused("/api/tree-report"+q+more, 200, "Tree not found in the given interval")
		}
		for more, message := range map[string]string{
			"&group_size=1": "group_size", "&group_size=201": "group_size", "&max_age_in_hours=0": "max_age_in_hours", "&max_age_in_hours=721": "max_age_in_hours",
			"&min_age_in_hours=-1": "min_age_in_hours", "&max_age_in_hours=5&min_age_in_hours=5": "min_age_in_hours", "&min_age_in_hours=24": "min_age_in_hours",
		} {
			s.refused("/api/tree-report"+query+more, 400, message)
		}
		s.refused("/api/tree-report?git_branch=master", 400, "git_url")
		s.refused("/api/tree-report?git_url=x", 400, "git_branch")
	})
}

// A revision that was checked out twice is counted as one, what is new is told, and
// what changes again and again is unstable.
func TestTreeReportOfRevisions(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{Issues: []report.Issue{{ID: "ci:i", Version: 1, Origin: "ci", Culprit: &report.Culprit{Tool: new(true)}}}}
		add := func(n int, hash string, status report.Status) {
			start := worldNow.Add(time.Duration(n-20) * time.Hour)
			id := func(kind string) string { return fmt.Sprintf("ci:%s%d", kind, n) }
			r.Checkouts = append(r.Checkouts, report.Checkout{ID: id("c"), Origin: "ci", GitRepositoryURL: new("https://x"), GitRepositoryBranch: new("a/b"),
				GitCommitHash: &hash, StartTime: &start})
			r.Builds = append(r.Builds, report.Build{ID: id("b"), Origin: "ci", CheckoutID: id("c"), Status: &status, StartTime: &start})
			r.Tests = append(r.Tests, report.Test{ID: id("t"), Origin: "ci", BuildID: id("b"), Path: new("boot"), Status: &status, StartTime: &start})
		}
		add(1, hashOld, "FAIL")
		add(2, hashMid, "PASS")
		add(3, hashNew, "FAIL")
		add(4, hashNew, "PASS")
		r.Incidents = []report.Incident{{ID: "ci:n", Origin: "ci", IssueID: "ci:i", IssueVersion: 1, BuildID: new("ci:b3")}}
		s.load(r)
		const path = "/api/tree-report?origin=ci&git_branch=a%2Fb&git_url=https://x&group_size="
		body := s.getOK(path + "4")
		wantShape(t, body, treeReportShape)
		wantJSON(t, "builds", pick(t, body, "build_status_summary"), `{"PASS": 1, "FAIL": 1, "ERROR": 0, "SKIP": 0, "MISS": 0, "DONE": 0, "NULL": 0}`)
		runs := `{"Unknown": {"Unknown": {"Unknown/Unknown": {"boot": [
			{"id": "ci:t4", "start_time": "2026-03-09T20:00:00Z", "status": "PASS"}, {"id": "ci:t3", "start_time": "2026-03-09T19:00:00Z", "status": "FAIL"},
			{"id": "ci:t2", "start_time": "2026-03-09T18:00:00Z", "status": "PASS"}, {"id": "ci:t1", "start_time": "2026-03-09T17:00:00Z", "status": "FAIL"}]}}}}`
		wantJSON(t, "unstable", pick(t, body, "unstable_tests"), runs)
		wantJSON(t, "issues", pick(t, body, "issues", "builds"), `[{"is_new_issue": true, "issue_id": "ci:i", "version": 1, "comment": null, "build_id": "ci:b3",
			"report_url": null, "first_seen": "2026-03-09T19:00:00Z", "culprit_code": null, "culprit_tool": true, "culprit_harness": null}]`)
		if fixed := pick(t, s.getOK(path+"2"), "fixed_regressions", "Unknown"); fixed == nil {
			t.Error(fixed)
		}

		// Without a URL of its own, the service goes by the name clients know it by.
		s.api.data.Base = ""
		ask := httptest.NewRequest("GET", path+"3", nil)
		ask.Host = "kcidb.test:8080"
		if _, _, body := s.do(ask); pick(t, body, "dashboard_url") != "http://kcidb.test:8080/checkout/ci:c4" {
			t.Error(body)
		}
		ask.Host = "other.test"
		ask.Header.Set("X-Forwarded-Proto", "https")
		if _, _, body := s.do(ask); pick(t, body, "dashboard_url") != "https://other.test/checkout/ci:c4" {
			t.Error(body)
		}
	})
}
