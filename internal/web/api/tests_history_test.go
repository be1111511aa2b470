// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/url"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

func TestJudge(t *testing.T) {
	for _, tt := range []struct{ newestFirst, want string }{
		{"", ""},
		{"-", ""},
		{"S E M D", ""},
		{"P", "pass"},
		{"P P P", "pass"},
		{"S P", "pass"},
		{"F", "fail"},
		{"F E F", "fail"},
		{"F P", "regression"},
		{"F F P P", "regression"},
		{"F S P - P", "regression"},
		{"P F", "fixed"},
		{"P P F F", "fixed"},
		{"E P M F", "fixed"},
		{"P F P", "unstable"},
		{"F P F", "unstable"},
		{"F P F P P P", "unstable"},
		{"F S P S F", "unstable"},
	} {
		statuses := map[string]report.Status{"P": "PASS", "F": "FAIL", "E": "ERROR", "S": "SKIP", "M": "MISS", "D": "DONE", "-": ""}
		var runs []answers.Run
		for _, letter := range strings.Fields(tt.newestFirst) {
			runs = append(runs, answers.Run{Status: statuses[letter]})
		}
		if got := judge(runs); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.newestFirst, got, tt.want)
		}
	}
}

const historyShape = `{"status_history": [{"start_time": "ts?", "id": "str", "status": "status", "git_commit_hash": "str?"}], "regression_type": "str"}`

func init() {
	// Asked about itself, each test is in its history.
	contract("history", func(t *testing.T, s *served) {
		for _, id := range testIDs(s, 20) {
			test := s.getOK("/api/test/" + url.PathEscape(id)).(map[string]any)
			query := make(url.Values)
			for parameter, field := range map[string]string{
				"path": "path", "git_repository_url": "git_repository_url", "git_repository_branch": "git_repository_branch", "config_name": "config_name",
				"origin": "origin", "current_test_start_time": "start_time", "field_timestamp": "field_timestamp",
			} {
				if value, ok := test[field].(string); ok {
					query.Set(parameter, value)
				}
			}
			checkout := s.checkoutOf(test["build_id"].(string))
			if len(query) < 7 || checkout == nil || checkout.StartTime == nil || checkout.StartTime.Format("2006-01-02T15:04:05") > query.Get("current_test_start_time") {
				continue // it is not on a branch, or before it
			}
			if platform, ok := pick(t, test, "environment_misc", "platform").(string); ok {
				query.Set("platform", platform)
			}
			body := s.getOK("/api/test/status-history?group_size=200&" + query.Encode())
			wantShape(t, body, historyShape)
			found := false
			for _, run := range pick(t, body, "status_history").([]any) {
				found = found || pick(t, run, "id") == id
			}
			if !found {
				t.Errorf("%s is not in the history of %v", id, query)
			}
		}
	})
}

// checkoutOf returns the checkout that a build is of, as it was sent last.
func (s *served) checkoutOf(build string) (c *report.Checkout) {
	id := ""
	for i := range s.loaded.Builds {
		if s.loaded.Builds[i].ID == build {
			id = s.loaded.Builds[i].CheckoutID
		}
	}
	for i := range s.loaded.Checkouts {
		if s.loaded.Checkouts[i].ID == id {
			c = &s.loaded.Checkouts[i]
		}
	}
	return c
}

func TestHistory(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		const base = "/api/test/status-history?git_repository_url=" + mainlineURL + "&git_repository_branch=master&config_name=defconfig&path="
		wantJSON(t, "a regression", s.getOK(base+"ltp.syscalls.open&platform=board-a"), `{"status_history": [
			{"start_time": "2026-03-09T14:00:00Z", "id": "maestro:t-open", "status": "FAIL", "git_commit_hash": "3333333333333333333333333333333333333333"},
			{"start_time": "2026-03-08T14:00:00Z", "id": "maestro:t-mid-open", "status": "PASS", "git_commit_hash": "2222222222222222222222222222222222222222"},
			{"start_time": "2026-03-07T14:00:00Z", "id": "maestro:t-old-open", "status": "PASS", "git_commit_hash": "1111111111111111111111111111111111111111"}
		], "regression_type": "regression"}`)
		for _, tt := range []struct{ query, ids, kind string }{
			{"ltp.syscalls.read&platform=board-a", "t-read t-mid-read", "fixed"},
			{"boot&platform=board-a&origin=maestro", "t-boot t-mid-boot t-old-boot", "pass"},
			{"boot.nfs&platform=board-b", "t-nfs t-mid-nfs", "regression"},
			{"ltp.syscalls.skip&platform=board-a", "", ""},
			{"ltp.syscalls.exit&platform=board-a", "t-skip", "unstable"},
			{"ltp.syscalls.open&platform=board-a&group_size=1", "t-open", "fail"},
			{"ltp.syscalls.open&platform=board-a&group_size=2", "t-open t-mid-open", "regression"},
			{"ltp.syscalls.open&platform=board-a&current_test_start_time=2026-03-08T14:00:00Z", "t-mid-open t-old-open", "pass"},
			{"ltp.syscalls.open&platform=board-a&current_test_start_time=2026-03-08T15:00:00%2B01:00", "t-mid-open t-old-open", "pass"},
			{"ltp.syscalls.open&platform=board-a&current_test_start_time=2026-03-08T15:00:00+01:00", "t-mid-open t-old-open", "pass"},
			{"ltp.syscalls.open&platform=board-a&current_test_start_time=1772978399", "t-old-open", "pass"},
			{"ltp.syscalls.open&platform=board-a&field_timestamp=2026-03-10T11:00:00Z", "t-open t-mid-open t-old-open", "regression"},
			{"ltp.syscalls.open&platform=board-a&field_timestamp=2026-03-10T10:59:59Z", "", ""},
			{"ltp.syscalls.open&platform=board-a&current_test_start_time=-253402300799", "", ""},
			{"ltp.syscalls.open&platform=board-a&current_test_start_time=0000-01-01T00:00:00Z", "", ""},
			{"kselftest.net&platform=board-b&origin=redhat", "redhat:t-guest", "pass"},
			{"kselftest.net&platform=board-b&origin=maestro", "redhat:t-guest", "pass"},
			{"kselftest.net&platform=board-b&origin=linaro", "", ""},
			{"boot&platform=none", "", ""},
			{"boot", "", ""}, // all tell a platform
			{"kunit.list", "t-noenv", "pass"},
			{"kunit.list&platform=", "t-noenv", "pass"},
			{"kunit.list&platform=Unknown", "t-noenv", "pass"},
			{"kunit.list&platform=board-a", "", ""},
			{"kunit.list&current_test_start_time=2026-03-09+14:00:00.064000%2B00:00", "t-noenv", "pass"},
			{"kunit.list&current_test_start_time=2026-03-09+14:00:00+00:00", "t-noenv", "pass"},
			{"kunit.list&current_test_start_time=2026-03-09%2015:00:00%2B01:00", "t-noenv", "pass"},
			{"kunit.list&field_timestamp=2026-03-09+14:00:00Z", "", ""},
		} {
			if tt.ids == "" {
				s.refused(base+tt.query, 200, "Test status history not found")
				continue
			}
			body := s.getOK(base + tt.query)
			var ids []string
			for _, run := range pick(t, body, "status_history").([]any) {
				ids = append(ids, strings.TrimPrefix(pick(t, run, "id").(string), "maestro:"))
			}
			if got := strings.Join(ids, " "); got != tt.ids || pick(t, body, "regression_type") != tt.kind {
				t.Errorf("%s: %s %v", tt.query, got, pick(t, body, "regression_type"))
			}
		}
		for query, message := range map[string]string{
			"?git_repository_url=x&git_repository_branch=x&config_name=x":       "path",
			"?path=x&git_repository_url=x&git_repository_branch=x":              "config_name",
			"?path=boot&git_repository_url=x&config_name=x":                     "git_repository_branch",
			"?path=boot&git_repository_branch=x&config_name=x":                  "git_repository_url",
			"?path=&git_repository_url=x&git_repository_branch=x&config_name=x": "path",
		} {
			s.refused("/api/test/status-history"+query, 400, message)
		}
		for query, message := range map[string]string{
			"boot&group_size=0": "group_size", "boot&group_size=201": "group_size", "boot&group_size=x": "group_size",
			"boot&current_test_start_time=yesterday": "current_test_start_time", "boot&field_timestamp=NaN": "field_timestamp",
			"boot&field_timestamp=99999-01-01T00:00:00Z": "field_timestamp",
		} {
			s.refused(base+query, 400, message)
		}
	})
}
