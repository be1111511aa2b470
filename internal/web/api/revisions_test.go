// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

func init() {
	shapes["TreeItem"] = `{"id": "str", "origin": "str", "tree_name": "str?", "git_repository_url": "str?", "git_repository_branch": "str?",
		"git_commit_hash": "str?", "git_commit_name": "str?", "git_commit_tags": ["str"]?, "start_time": "ts?",
		"build_status": "VerdictCount", "boot_status": "VerdictCount", "test_status": "VerdictCount"}`
	shapes["Counts"] = `{"*": "StatusCount"}`
	shapes["BuildSummary"] = `{"status": "StatusCount", "origins": "Counts", "configs": "Counts", "labs": "Counts", "issues": ["Issue"], "unknown_issues": "count",
		"architectures": {"*": {"PASS": "count", "FAIL": "count", "ERROR": "count", "SKIP": "count", "MISS": "count", "DONE": "count", "NULL": "count",
			"compilers": ["str"]}}}`
	shapes["TestSummary"] = `{"status": "StatusCount", "origins": "Counts", "architectures": [{"arch": "str", "compiler": "str", "status": "StatusCount"}],
		"configs": "Counts", "issues": ["Issue"], "unknown_issues": "count", "fail_reasons": {"*": "count"}, "failed_platforms": ["str"],
		"environment_compatible": "Counts?", "environment_misc": "Counts?", "platforms": "Counts?", "labs": "Counts"}`
	shapes["Summary"] = `{"builds": "BuildSummary", "boots": "TestSummary", "tests": "TestSummary"}`
	shapes["KindFilters"] = `{"issues": [["any"]], "origins": ["str"], "has_unknown_issue": "bool", "labs": ["str"]}`
	shapes["SummaryFilters"] = `{"all": {"configs": ["str"], "architectures": ["str"], "compilers": ["str"]},
		"builds": "KindFilters", "boots": "KindFilters", "tests": "KindFilters"}`
	shapes["TreeCommon"] = `{"hardware": ["str"], "tree_url": "str", "git_commit_tags": ["str"]}`
	shapes["CommitItem"] = `{"git_commit_hash": "str", "git_commit_name": "str?", "git_commit_tags": ["str"]?, "earliest_start_time": "ts?",
		"builds": "StatusCount", "boots": "LowerCaseStatusCount", "tests": "LowerCaseStatusCount"}`

	contract("trees", func(t *testing.T, s *served) {
		origins := make(map[string]bool)
		for i := range s.loaded.Checkouts {
			origins[s.loaded.Checkouts[i].Origin] = true
		}
		for origin := range origins {
			trees := s.getOK("/api/tree?interval_in_days=36525&origin=" + origin)
			wantShape(t, trees, `["TreeItem"]`)
			if diff := cmp.Diff(trees, s.getOK("/api/tree/?interval_in_days=36525&origin="+origin)); diff != "" {
				t.Error(diff)
			}
		}
	})
	contract("revisions", func(t *testing.T, s *served) {
		for _, c := range revisionsOf(s.loaded, 12) {
			checkRevision(t, s, c)
		}
	})
}

// revisionsOf returns checkouts of different commits, some of the most that have one.
func revisionsOf(r *report.Report, most int) (all []*report.Checkout) {
	known := make(map[string]bool)
	for i := range r.Checkouts {
		c := &r.Checkouts[i]
		if c.GitCommitHash != nil && !known[*c.GitCommitHash+c.Origin] {
			known[*c.GitCommitHash+c.Origin] = true
			all = append(all, c)
		}
	}
	for len(all) > most {
		all = slices.Delete(all, len(all)/2, len(all)/2+1)
	}
	return all
}

// checkRevision checks the shapes of all answers about a revision, and that its counts
// agree with its lists.
func checkRevision(t *testing.T, s *served, c *report.Checkout) {
	t.Helper()
	hash, query := *c.GitCommitHash, "?"+url.Values{"origin": {c.Origin}}.Encode()
	forms := []string{"/api/tree/" + hash + "/"}
	tree := s.api.data.Trees.TreeName(text(c.TreeName), text(c.GitRepositoryURL))
	if tree != "" && c.GitRepositoryBranch != nil {
		forms = append(forms, "/api/tree/"+url.PathEscape(tree)+"/"+*c.GitRepositoryBranch+"/"+hash+"/")
	}
	for _, path := range forms {
		full := s.getOK(path + "full" + query + "&full_environment_misc=true")
		wantShape(t, full, `{"common": "TreeCommon", "summary": "Summary", "filters": "SummaryFilters", "builds": ["BuildItem"],
			"boots": ["any"], "tests": ["any"]}`)
		summary := s.getOK(path + "summary" + query)
		wantShape(t, summary, `{"common": "TreeCommon", "summary": "Summary", "filters": "SummaryFilters"}`)
		commits := s.getOK(path + "commits" + query)
		wantShape(t, commits, `["CommitItem"]`)
		if got := pick(t, commits, 0, "git_commit_hash"); got != hash {
			t.Errorf("%s: first is commit %v", path, got)
		}
		for _, kind := range []string{"builds", "boots", "tests"} {
			listed := s.getOK(path + kind + query)
			item := "TestItem"
			if kind == "builds" {
				item = "BuildItem"
			}
			wantShape(t, listed, `{"`+kind+`": ["`+item+`"]}`)
			items := pick(t, listed, kind).([]any)
			counted := make(map[string]any)
			for _, item := range items {
				status := pick(t, item, "status").(string)
				n, _ := counted[status].(float64)
				counted[status] = n + 1
			}
			for status, n := range pick(t, summary, "summary", kind, "status").(map[string]any) {
				low := status
				if kind != "builds" {
					low = strings.ToLower(status)
				}
				if n == 0. && counted[status] == nil {
					continue
				}
				if was := pick(t, commits, 0, kind, low); n != counted[status] || n != was {
					t.Errorf("%s%s%s: %v %s in the summary, %v in the list, %v in the commits", path, kind, query, n, status, counted[status], was)
				}
			}
			if got := len(pick(t, full, kind).([]any)); got != len(items) {
				t.Errorf("%s: %d %s in full, %d in the list", path, got, kind, len(items))
			}
		}
	}
}

// onWorld runs a test on the small world, in each database.
func onWorld(t *testing.T, f func(t *testing.T, s *served)) {
	t.Helper()
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		f(t, s)
	})
}

// ids returns the IDs of a list in a body, without the origin if that is maestro.
func ids(t testing.TB, list any) string {
	t.Helper()
	var all []string
	for _, item := range list.([]any) {
		all = append(all, strings.TrimPrefix(pick(t, item, "id").(string), "maestro:"))
	}
	return strings.Join(all, " ")
}

func TestListTrees(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		for query, want := range map[string]string{
			"":                                   "c-new c-android",
			"?origin=redhat":                     "redhat:c-new",
			"?interval_in_days=1":                "c-new c-android",
			"?interval_in_days=7&limit=1":        "c-new",
			"?interval_in_days=7&unknown=1&x[]=": "c-new c-android",
		} {
			if got := ids(t, s.getOK("/api/tree"+query)); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		got := s.getOK("/api/tree/")
		want := map[string]any{
			"id": "maestro:c-new", "origin": "maestro", "tree_name": "mainline", "git_repository_url": mainlineURL, "git_repository_branch": "master",
			"git_commit_hash": hashNew, "git_commit_name": "v6.13-rc2", "git_commit_tags": []any{"v6.13-rc2", "next-1"}, "start_time": "2026-03-09T12:00:00Z",
			"build_status": map[string]any{"PASS": 2., "FAIL": 1., "INCONCLUSIVE": 5.},
			"boot_status":  map[string]any{"PASS": 2., "FAIL": 1., "INCONCLUSIVE": 0.},
			"test_status":  map[string]any{"PASS": 3., "FAIL": 2., "INCONCLUSIVE": 5.},
		}
		if diff := cmp.Diff(want, got.([]any)[0]); diff != "" {
			t.Error(diff)
		}
		s.refused("/api/tree?origin=nobody", 200, "No trees")
		s.refused("/api/tree?interval_in_days=0", 400, "interval_in_days")
		s.refused("/api/tree?interval_in_days=week", 400, "interval_in_days")
		s.refused("/api/tree?interval_in_days=99999999999999999999", 400, "interval_in_days")
		s.refused("/api/tree?limit=10001", 400, "limit")
		s.now = worldNow.AddDate(0, 0, 30)
		s.refused("/api/tree", 200, "No trees")
	})
}

// Two trees with the same name in the configuration count as one tree with the newest
// checkout.
func TestTreesOfOneName(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := world()
		for i := range r.Checkouts {
			if c := &r.Checkouts[i]; c.ID == "maestro:c-mid" {
				c.TreeName = nil
			}
		}
		s.load(r)
		if got := ids(t, s.getOK("/api/tree")); got != "c-new c-android c-mid" {
			t.Error(got)
		}
	})
}

// brief returns counts that are not zero, as "PASS 2 FAIL 1".
func brief(count any) string {
	var all []string
	for _, status := range []string{"PASS", "FAIL", "ERROR", "SKIP", "MISS", "DONE", "NULL", "INCONCLUSIVE"} {
		for _, name := range []string{status, strings.ToLower(status)} {
			if n, _ := count.(map[string]any)[name].(float64); n != 0 {
				all = append(all, fmt.Sprint(status, " ", n))
			}
		}
	}
	return strings.Join(all, " ")
}

// briefs returns counts by name, as "a: PASS 2, b: FAIL 1".
func briefs(counts any) string {
	var all []string
	for name, count := range counts.(map[string]any) {
		all = append(all, name+": "+brief(count))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestTreeSummary(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		got := s.getOK("/api/tree/" + hashNew + "/summary?git_branch=master&git_url=" + mainlineURL)
		for _, tt := range []struct {
			path []any
			want string
		}{
			{[]any{"builds", "status"}, "PASS 2 FAIL 1 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1"},
			{[]any{"boots", "status"}, "PASS 2 FAIL 1"},
			{[]any{"tests", "status"}, "PASS 3 FAIL 2 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1"},
			{[]any{"builds", "origins"}, "maestro: PASS 1 FAIL 1 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1, redhat: PASS 1"},
			{[]any{"builds", "architectures"}, "Unknown: NULL 1, arm64: PASS 1 SKIP 1 MISS 1 DONE 1, x86_64: PASS 1 FAIL 1 ERROR 1"},
			{[]any{"builds", "configs"}, "Unknown: NULL 1, allmodconfig: ERROR 1 MISS 1 DONE 1, defconfig: PASS 1 SKIP 1, fedora: PASS 1, x86_64_defconfig: FAIL 1"},
			{[]any{"builds", "labs"}, "k8s: PASS 1 FAIL 1 ERROR 1 SKIP 1 MISS 1 DONE 1, maestro: NULL 1, redhat: PASS 1"},
			{[]any{"boots", "origins"}, "maestro: PASS 2 FAIL 1"},
			{[]any{"boots", "configs"}, "Unknown: PASS 1, defconfig: PASS 1 FAIL 1"},
			{[]any{"boots", "labs"}, "lab-1: PASS 1, lab-2: PASS 1 FAIL 1"},
			{[]any{"boots", "environment_misc"}, "board-a: PASS 1, board-b: PASS 1 FAIL 1"},
			{[]any{"boots", "environment_compatible"}, "vendor,board-a: PASS 1, vendor,board-b: PASS 1 FAIL 1, vendor,soc: PASS 2 FAIL 1"},
			{[]any{"tests", "origins"}, "maestro: PASS 2 FAIL 2 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1, redhat: PASS 1"},
			{[]any{"tests", "environment_misc"}, "Unknown: PASS 1 FAIL 1, board-a: PASS 1 FAIL 1 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1, board-b: PASS 1"},
			{[]any{"tests", "labs"}, "lab-1: PASS 1 FAIL 1 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1, maestro: PASS 1 FAIL 1, redhat: PASS 1"},
		} {
			value := pick(t, got, append([]any{"summary"}, tt.path...)...)
			text := ""
			if tt.path[1] == "status" {
				text = brief(value)
			} else {
				text = briefs(value)
			}
			if text != tt.want {
				t.Errorf("%v: %s\nwant %s", tt.path, text, tt.want)
			}
		}
		count := func(status string) map[string]any {
			all := map[string]any{"PASS": 0., "FAIL": 0., "ERROR": 0., "SKIP": 0., "MISS": 0., "DONE": 0., "NULL": 0.}
			all[status] = 1.
			return all
		}
		code := map[string]any{"id": "maestro:issue-code", "version": 2., "comment": "it panics in open()", "report_url": "https://lore.example.org/1", "incidents_info": count("FAIL")}
		harness := map[string]any{"id": "redhat:issue-harness", "version": 1., "comment": nil, "report_url": nil, "incidents_info": count("FAIL")}
		for _, tt := range []struct {
			path []any
			want any
		}{
			{[]any{"common"}, map[string]any{"hardware": []any{"board-a", "board-b"}, "tree_url": mainlineURL, "git_commit_tags": []any{"v6.13-rc2", "next-1"}}},
			{[]any{"summary", "builds", "issues"}, []any{code}},
			{[]any{"summary", "builds", "unknown_issues"}, 0.},
			{[]any{"summary", "builds", "architectures", "x86_64", "compilers"}, []any{"clang-17", "gcc-12"}},
			{[]any{"summary", "boots", "issues"}, []any{code}},
			{[]any{"summary", "boots", "unknown_issues"}, 0.},
			{[]any{"summary", "boots", "fail_reasons"}, map[string]any{"kernel panic": 1.}},
			{[]any{"summary", "boots", "failed_platforms"}, []any{"board-b"}},
			{[]any{"summary", "boots", "platforms"}, nil},
			{[]any{"summary", "tests", "issues"}, []any{harness}},
			{[]any{"summary", "tests", "unknown_issues"}, 1.},
			{[]any{"summary", "tests", "fail_reasons"}, map[string]any{"EPERM": 1., "unknown error": 3.}},
			{[]any{"summary", "tests", "failed_platforms"}, []any{"Unknown", "board-a"}},
			{[]any{"summary", "boots", "architectures", 1, "arch"}, "arm64"},
			{[]any{"summary", "boots", "architectures", 1, "compiler"}, "gcc-12"},
			{[]any{"filters", "all", "compilers"}, []any{"Unknown", "clang-17", "gcc-12"}},
			{[]any{"filters", "builds"}, map[string]any{
				"issues": []any{[]any{"maestro:issue-code", 2.}}, "origins": []any{"maestro", "redhat"}, "has_unknown_issue": false, "labs": []any{"k8s", "maestro", "redhat"},
			}},
			{[]any{"filters", "tests"}, map[string]any{
				"issues": []any{[]any{"redhat:issue-harness", 1.}}, "origins": []any{"maestro", "redhat"}, "has_unknown_issue": true, "labs": []any{"lab-1", "maestro", "redhat"},
			}},
		} {
			if diff := cmp.Diff(tt.want, pick(t, got, tt.path...)); diff != "" {
				t.Errorf("%v: %s", tt.path, diff)
			}
		}
	})
}

// Which checkouts of a commit count is told by the origin, the repository, the branch
// and the name of the tree.
func TestRevisions(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		for path, want := range map[string]string{
			"/api/tree/" + hashNew + "/builds?origin=redhat":                       "redhat:b-1",
			"/api/tree/mainline/master/" + hashNew + "/builds?origin=redhat":       "redhat:b-1",
			"/api/tree/" + hashDroid + "/builds":                                   "b-android",
			"/api/tree/" + hashDroid + "/builds?git_branch=" + droidBranch:         "b-android",
			"/api/tree/" + hashOld + "/builds?git_url=" + mainlineURL + "&limit=1": "b-old",
		} {
			if got := ids(t, pick(t, s.getOK(path), "builds")); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		for _, path := range []string{
			"/api/tree/" + strings.Repeat("9", 40) + "/summary",
			"/api/tree/nohash/summary",
			"/api/tree/" + hashNew + "/summary?origin=nobody",
			"/api/tree/" + hashNew + "/builds?git_branch=none",
			"/api/tree/" + hashNew + "/tests?git_url=https://none.example.org",
			"/api/tree/next/master/" + hashNew + "/boots",
			"/api/tree/mainline/other/" + hashNew + "/full",
			"/api/tree/" + hashNew + "/summary?git_branch=" + strings.Repeat("x", 10_000),
		} {
			s.refused(path, 200, "No results available for this tree/branch/commit")
		}
	})
}

// Counts follow the filters.
func TestTreeFilters(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		all := [3]string{"PASS 2 FAIL 1 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1", "PASS 2 FAIL 1", "PASS 3 FAIL 2 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1"}
		for _, tt := range []struct{ filters, builds, boots, tests string }{
			{"", all[0], all[1], all[2]},
			{"filter_nonsense=1&filter_tree_name=x", all[0], all[1], all[2]},
			{"filter_architecture=arm64", "PASS 1 SKIP 1 MISS 1 DONE 1", "PASS 1 FAIL 1", all[2]},
			{"filter_architecture=Unknown", "NULL 1", "PASS 1", ""},
			{"filter_architecture=x86_64&filter_compiler=clang-17", "FAIL 1", "", ""},
			{"filter_config_name=defconfig&filter_config_name=fedora", "PASS 2 SKIP 1", "PASS 1 FAIL 1", all[2]},
			{"filter_build.status=FAIL&filter_build.status=NULL", "FAIL 1 NULL 1", all[1], all[2]},
			{"filter_boot.status=FAIL", all[0], "FAIL 1", all[2]},
			{"filter_test.status=NULL", all[0], all[1], "NULL 1"},
			{"filter_build.origin=redhat", "PASS 1", all[1], all[2]},
			{"filter_test.origin=redhat", all[0], all[1], "PASS 1"},
			{"filter_duration_[gte]=65", "PASS 1 ERROR 1", all[1], all[2]},
			{"filter_build.duration_[gt]=63&filter_build.duration_[lt]=66", "FAIL 1 ERROR 1", all[1], all[2]},
			{"filter_build.duration=63", "PASS 1", all[1], all[2]},
			{"filter_test.duration_[lte]=10", all[0], all[1], "PASS 1 FAIL 1"},
			{"filter_boot.duration_[gte]=8", all[0], "PASS 1 FAIL 1", all[2]},
			{"filter_test.hardware=vendor,board-b", all[0], "PASS 1 FAIL 1", "PASS 1"},
			{"filter_test.hardware=board-b", all[0], "PASS 1 FAIL 1", "PASS 1"},
			{"filter_test.lab=lab-2", all[0], "PASS 1 FAIL 1", ""},
			{"filter_test.lab=maestro", all[0], "", "PASS 1 FAIL 1"},
			{"filter_test.platform=Unknown", all[0], all[1], "PASS 1 FAIL 1"},
			{"filter_boot.platform=board-a", all[0], "PASS 1", all[2]},
			{"filter_test.path=ltp.", all[0], all[1], "PASS 1 FAIL 1 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1"},
			{"filter_test.path=.open&filter_test.path=unit.list", all[0], all[1], "PASS 1 FAIL 1"},
			{"filter_test.path=LTP.", all[0], all[1], ""},
			{"filter_boot.path=.nfs", all[0], "FAIL 1", all[2]},
			{"filter_boot.path=&filter_test.path=&filter_compiler=", all[0], all[1], all[2]},
			{"filter_build.issue=maestro:issue-code,2", "FAIL 1", all[1], all[2]},
			{"filter_build.issue=maestro:issue-code,1", "", all[1], all[2]},
			{"filter_boot.issue=maestro:issue-code,null", all[0], "FAIL 1", all[2]},
			{"filter_test.issue=Uncategorized", all[0], all[1], "FAIL 1"},
			{"filter_test.issue=Uncategorized&filter_test.issue=redhat:issue-harness,1", all[0], all[1], "FAIL 2"},
			{"filter_test.issue=redhat:issue-harness,1&filter_test.status=PASS", all[0], all[1], ""},
		} {
			query := "?" + tt.filters
			got := s.getOK("/api/tree/" + hashNew + "/summary" + query)
			for i, kind := range []string{"builds", "boots", "tests"} {
				want := []string{tt.builds, tt.boots, tt.tests}[i]
				if got := brief(pick(t, got, "summary", kind, "status")); got != want {
					t.Errorf("%s: summary of %s: %s, want %s", tt.filters, kind, got, want)
				}
				commits := s.getOK("/api/tree/" + hashNew + "/commits" + query + "&origin=maestro")
				if got := brief(pick(t, commits, 0, kind)); got != want {
					t.Errorf("%s: commits, %s: %s, want %s", tt.filters, kind, got, want)
				}
				counts := map[string]any{}
				for _, item := range pick(t, s.getOK("/api/tree/"+hashNew+"/"+kind+query), kind).([]any) {
					status := pick(t, item, "status").(string)
					n, _ := counts[status].(float64)
					counts[status] = n + 1
				}
				if got := brief(counts); got != want {
					t.Errorf("%s: %s: %s, want %s", tt.filters, kind, got, want)
				}
			}
		}
		for filter, want := range map[string]string{
			"filter_duration_[gte]=long":     "filter_duration",
			"filter_test.duration=NaN":       "filter_test.duration",
			"filter_build.issue=ci:x,latest": "issue",
		} {
			s.refused("/api/tree/"+hashNew+"/summary?"+filter, 400, want)
		}
	})
}

// Filters narrow the issues, but not the values to filter by.
func TestFilteredIssues(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		path := "/api/tree/" + hashNew + "/summary"
		all := pick(t, s.getOK(path), "filters")
		for filter, want := range map[string]string{ // issues of builds, boots and tests, and how many have none
			"":                                    "1 0, 1 0, 1 1",
			"filter_architecture=arm64":           "0 0, 1 0, 1 1",
			"filter_boot.platform=board-a":        "1 0, 0 0, 1 1",
			"filter_test.platform=board-a":        "1 0, 1 0, 1 0",
			"filter_test.status=PASS":             "1 0, 1 0, 0 0",
			"filter_test.path=ltp.":               "1 0, 1 0, 1 0",
			"filter_test.issue=Uncategorized":     "1 0, 1 0, 0 1",
			"filter_build.status=PASS":            "0 0, 1 0, 1 1",
			"filter_test.lab=lab-2":               "1 0, 1 0, 0 0",
			"filter_test.hardware=vendor,board-b": "1 0, 1 0, 0 0",
		} {
			got := s.getOK(path + "?" + filter)
			if diff := cmp.Diff(all, pick(t, got, "filters")); diff != "" {
				t.Errorf("%s: %s", filter, diff)
			}
			var text []string
			for _, kind := range []string{"builds", "boots", "tests"} {
				text = append(text, fmt.Sprint(len(pick(t, got, "summary", kind, "issues").([]any)), " ", pick(t, got, "summary", kind, "unknown_issues")))
			}
			if got := strings.Join(text, ", "); got != want {
				t.Errorf("%s: %s, want %s", filter, got, want)
			}
		}
	})
}

// Characters that stand between values where groups of tests are read are left out,
// and nothing else is.
func TestTextsOfGroups(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := world()
		for i := range r.Tests {
			if test := &r.Tests[i]; test.ID == "maestro:t-open" {
				test.Misc = []byte(`{"runtime": "lab\u001f1\u001e", "error_msg": "a\u001fPASS\u001f7\u001eb\n\t\u0001%"}`)
				test.Environment = &report.Environment{Misc: []byte(`{"platform": "\u001eboard\u001f-a|"}`), Compatible: []string{"x\x1f\x1ey"}}
			}
		}
		s.load(r)
		storetest.VerifyRollups(t, s.store)
		for _, filter := range []string{"", "?filter_test.path=.&filter_test.path=Unknown"} { // by groups, and by tests
			got := pick(t, s.getOK("/api/tree/"+hashNew+"/summary"+filter), "summary", "tests")
			if got := brief(pick(t, got, "status")); got != "PASS 3 FAIL 2 ERROR 1 SKIP 1 MISS 1 DONE 1 NULL 1" {
				t.Errorf("%s: %s", filter, got)
			}
			if got := brief(pick(t, got, "labs", "lab1")); got != "FAIL 1" {
				t.Errorf("%s: %s", filter, got)
			}
			if got := brief(pick(t, got, "environment_misc", "board-a|")); got != "FAIL 1" {
				t.Errorf("%s: %s", filter, got)
			}
			if got := brief(pick(t, got, "environment_compatible", "x\x1f\x1ey")); got != "FAIL 1" {
				t.Errorf("%s: %s", filter, got)
			}
			if got := pick(t, got, "fail_reasons", "aPASS7b\n\t\x01%"); got != 1. {
				t.Errorf("%s: %v", filter, got)
			}
		}
	})
}

// Lists come in pages if the client asks for pages: each element once, in the same
// order.
func TestTreePages(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		for path, list := range map[string]string{
			"/api/tree/" + hashNew + "/builds?filter_build.status=PASS&filter_build.status=FAIL": "builds",
			"/api/tree/" + hashNew + "/boots?x=":                                                 "boots",
			"/api/tree/mainline/master/" + hashNew + "/tests?filter_test.status=PASS":            "tests",
		} {
			all := ids(t, pick(t, s.getOK(path), list))
			for _, limit := range []int{1, 2, 10_000} {
				var parts []string
				for next := fmt.Sprintf("%s&limit=%d", path, limit); next != ""; {
					_, header, body := s.get(next)
					parts = append(parts, ids(t, pick(t, body, list)))
					next, _, _ = strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"), ">")
				}
				if got := strings.Join(parts, " "); got != all {
					t.Errorf("%s, %d at a time: %s, want %s", path, limit, got, all)
				}
			}
			for _, wrong := range []string{"limit=0", "limit=10001", "limit=x", "limit=99999999999999999999", "cursor=x"} {
				name, _, _ := strings.Cut(wrong, "=")
				s.refused(path+"&"+wrong, 400, name)
			}
		}
	})
}
