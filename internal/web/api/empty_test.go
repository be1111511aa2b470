// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/report"
)

// emptyAnswers are what each operation answers of a database without objects, word by
// word: clients compare the words. The status is 200.
var emptyAnswers = func() map[string]struct{ ask, want string } {
	const (
		revision = "?origin=ci&git_branch=main&git_url=https://git.example.org/a.git"
		sides    = "?origin=ci&hash_a=" + hashOld + "&hash_b=" + hashNew
		times    = "startTimestampInSeconds=1&endTimestampInSeconds=2"
		page     = ` {"origin": "ci", "startTimestampInSeconds": "1", "endTimestampInSeconds": "2", "selectedCommits": {}, "filter": {}}`

		none       = `{"error": "No results available for this tree/branch/commit"}`
		noCommits  = `{"error": "History of tree commits not found"}`
		noHardware = `{"error": "This hardware isn't associated with any commit"}`

		counts  = `{"sideA": {"pass": 0, "fail": 0, "inconclusive": 0}, "sideB": {"pass": 0, "fail": 0, "inconclusive": 0}, "delta": {"pass": 0, "fail": 0}, `
		changes = `"changes": {"regression": 0, "fixed": 0, "newFailure": 0, "stillFailing": 0, "newPass": 0, "appeared": 0, "disappeared": 0}}`
	)
	all := map[string]struct{ ask, want string }{
		"GET /api/tree":                         {"/api/tree/", `{"error": "No trees were found"}`},
		"GET /api/tree/commits-history":         {"/api/tree/commits-history?commit_hashes=" + hashOld, noCommits},
		"GET /api/tree/{tree}/{branch}/commits": {"/api/tree/a/main/commits", noCommits},
		"GET /api/tree/{tree}/{branch}":         {"/api/tree/a/main", `{"error": "Tree not found."}`},
		"GET /api/tree/{tree}/{branch}/compare": {"/api/tree/a/main/compare" + sides, `{"treeName": "a", "branch": "main", "gitUrl": "", "summary": {"builds": ` +
			counts + changes + `, "boots": ` + counts + changes + `, "tests": ` + counts + changes + `}}`},
		"GET /api/tree-report":       {"/api/tree-report" + revision, `{"error": "Tree not found in the given interval"}`},
		"GET /api/build/{id}":        {"/api/build/ci:b", `{"error": "Build not found"}`},
		"GET /api/build/{id}/tests":  {"/api/build/ci:b/tests", `{"error": "No tests found for this build"}`},
		"GET /api/build/{id}/issues": {"/api/build/ci:b/issues", `{"error": "No issues found for this build"}`},
		"GET /api/test/{id}":         {"/api/test/ci:t", `{"error": "Test not found"}`},
		"GET /api/test/{id}/issues":  {"/api/test/ci:t/issues", `{"error": "No issues were found for this test"}`},
		"GET /api/test/status-history": {
			"/api/test/status-history?path=x&git_repository_url=u&git_repository_branch=b&config_name=d", `{"error": "Test status history not found"}`,
		},
		"GET /api/hardware":                     {"/api/hardware/?" + times, `{"error": "No hardware found"}`},
		"GET /api/hardware/{hardware}/verdicts": {"/api/hardware/x/verdicts", `{"error": "No such platform"}`},
		"GET /api/hardware/selectors":           {"/api/hardware/selectors/", `{"trees": []}`},
		"GET /api/hardware-by-revision":         {"/api/hardware-by-revision/?git_commit_hash=" + hashOld, `{"hardware": []}`},
		"POST /api/hardware/{hardware}/commit-history": {
			`/api/hardware/x/commit-history {"startTimestampInSeconds": 1, "endTimestampInSeconds": 2, "commitHeads": []}`, `{"error": "Commit history not found"}`,
		},
		"GET /api/issue":             {"/api/issue/", `{"error": "No issues found"}`},
		"GET /api/issue/{id}":        {"/api/issue/ci:i", `{"error": "Issue not found"}`},
		"GET /api/issue/{id}/builds": {"/api/issue/ci:i/builds", `{"error": "No builds found for this issue"}`},
		"GET /api/issue/{id}/tests":  {"/api/issue/ci:i/tests", `{"error": "No tests found for this issue"}`},
		"POST /api/issue/extras": {
			`/api/issue/extras/ {"issues": [["ci:i", 1]]}`, `{"error": "No extra details found. Issue id has no incident or doesn't exist."}`,
		},
		"GET /api/search": {"/api/search?q=x", `{"objects": [], "submission": null, "revisions": [], "branches": [], "tests": [], "boards": [], "origins": [], "labs": [], ` +
			`"issues": [], "failures": [], "more": []}`},
		"GET /api/verdicts":            {"/api/verdicts", `[]`},
		"GET /api/verdicts/{revision}": {"/api/verdicts/" + hashOld, `{"error": "No such revision"}`},
		"GET /api/origins":             {"/api/origins/", `{"checkout_origins": [], "test_origins": []}`},
		"GET /api/metrics": {"/api/metrics/", `{"n_trees": 0, "n_checkouts": 0, "n_builds": 0, "n_tests": 0, "n_issues": 0, "n_incidents": 0,
			"build_incidents_by_origin": {}, "top_issues_by_origin": {}, "new_issues_by_origin": {}, "lab_maps": {},
			"prev_n_trees": 0, "prev_n_checkouts": 0, "prev_n_builds": 0, "prev_n_tests": 0, "prev_lab_maps": {}}`},
		"GET /api/submissions":      {"/api/submissions", `{"submissions": []}`},
		"GET /api/submissions/{id}": {"/api/submissions/x", `{"error": "No submission of your origins with this ID was loaded or given up"}`},
		"GET /api/tray":             {"/api/tray", `{"objects": []}`},
		"GET /api/ledger":           {"/api/ledger", `{"rows": []}`},
		"GET /api/objects":          {"/api/objects?pattern=%3Etest%5Bci:t%5D%23", `{}`},
		"GET /api/report":           {"/api/report?test=ci:t", string((&report.Report{}).AppendJSON(nil))},
	}
	for _, word := range []string{"summary", "builds", "boots", "tests", "full", "commits"} {
		want := none
		if word == "commits" {
			want = noCommits
		}
		all["GET /api/tree/{hash}/"+word] = struct{ ask, want string }{"/api/tree/" + hashOld + "/" + word + revision, want}
		all["GET /api/tree/{tree}/{branch}/{hash}/"+word] = struct{ ask, want string }{"/api/tree/a/main/" + hashOld + "/" + word, want}
	}
	for _, list := range []string{"builds", "boots", "tests"} {
		all["GET /api/tree/{tree}/{branch}/compare/"+list] = struct{ ask, want string }{"/api/tree/a/main/compare/" + list + sides, `[]`}
	}
	for _, part := range []string{"", "/summary", "/builds", "/boots", "/tests"} {
		all["POST /api/hardware/{hardware}"+part] = struct{ ask, want string }{"/api/hardware/board-1" + part + page, noHardware}
	}
	return all
}()

// elsewhere are the operations that do not answer from objects.
var elsewhere = []string{"GET /api/log-downloader", "GET /api/proxy", "GET /api/submissions/{id}/raw", "POST /api/report"}

func TestFoundEmpty(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		for path, item := range s.api.huma.OpenAPI().Paths {
			for method, op := range map[string]any{"GET": item.Get, "POST": item.Post} {
				name := method + " " + path
				if fmt.Sprint(op) == "<nil>" || strings.HasPrefix(path, "/api/schema") || slices.Contains(elsewhere, name) {
					continue
				}
				if _, ok := emptyAnswers[name]; !ok {
					t.Errorf("%s: what is its answer if nothing is there?", name)
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(emptyAnswers)) {
			answer := emptyAnswers[name]
			path, body, posted := strings.Cut(answer.ask, " ")
			var code int
			var got any
			if posted {
				code, _, got = s.post(path, body)
			} else {
				code, _, got = s.get(path)
			}
			if code != http.StatusOK {
				t.Errorf("%s: %d", name, code)
			}
			wantJSON(t, name, got, answer.want)
		}
		for _, path := range []string{
			"/api/tree/" + hashOld + "/commits", "/api/tree/commits-history", "/api/hardware", "/api/hardware-by-revision", "/api/test/status-history",
			"/api/tree-report", "/api/tree/a/main/compare",
		} {
			if code, _, body := s.get(path); code != http.StatusBadRequest {
				t.Errorf("%s without parameters: %d %v", path, code, body)
			}
		}
	})
}
