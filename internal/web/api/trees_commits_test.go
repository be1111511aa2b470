// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/report"
)

func init() {
	contract("branches", func(t *testing.T, s *served) {
		for _, c := range revisionsOf(s.loaded, 12) {
			tree := s.api.data.Trees.TreeName(text(c.TreeName), text(c.GitRepositoryURL))
			if tree == "" || c.GitRepositoryBranch == nil {
				continue
			}
			branch, query := "/api/tree/"+url.PathEscape(tree)+"/"+*c.GitRepositoryBranch, "?origin="+c.Origin
			commits := s.getOK(branch + "/commits" + query)
			wantShape(t, commits, `[{"git_commit_hash": "str", "last_checkout": "ts?", "git_commit_name": "str?", "git_commit_tags": ["str"]?}]`)
			latest := s.getOK(branch + query)
			wantShape(t, latest, `{"git_repository_url": "str?", "git_commit_hash": "str", "git_commit_name": "str?", "origin": "str",
				"api_url": "str", "old_api_url": "str", "tree_name": "str", "git_repository_branch": "str"}`)
			if a, b := pick(t, latest, "git_commit_hash"), pick(t, commits, 0, "git_commit_hash"); a != b {
				t.Errorf("%s: the newest commit is %v, and %v is first in the list", branch, a, b)
			}
			for _, name := range []string{"api_url", "old_api_url"} {
				path := strings.TrimPrefix(pick(t, latest, name).(string), s.api.data.Base)
				wantShape(t, pick(t, s.getOK(path), "summary"), `"Summary"`)
			}
			last := pick(t, commits, len(commits.([]any))-1, "git_commit_hash")
			history := s.getOK(fmt.Sprint("/api/tree/commits-history", query, "&commit_hashes=", last, ",", *c.GitCommitHash))
			wantShape(t, history, `["CommitItem"]`)
			sides := fmt.Sprint(query, "&hash_a=", last, "&hash_b=", *c.GitCommitHash)
			side := `{"pass": "count", "fail": "count", "inconclusive": "count"}`
			kind := `{"sideA": ` + side + `, "sideB": ` + side + `, "delta": {"pass": "int", "fail": "int"}, "changes": {"regression": "count", "fixed": "count",
				"newFailure": "count", "stillFailing": "count", "newPass": "count", "appeared": "count", "disappeared": "count"}}`
			wantShape(t, s.getOK(branch+"/compare"+sides), `{"treeName": "str", "branch": "str", "gitUrl": "str?",
				"summary": {"builds": `+kind+`, "boots": `+kind+`, "tests": `+kind+`}}`)
			wantShape(t, s.getOK(branch+"/compare/builds"+sides),
				`[{"config_name": "str?", "architecture": "str?", "compiler": "str?", "status_a": "str?", "status_b": "str?"}]`)
			for _, kind := range []string{"/boots", "/tests"} {
				wantShape(t, s.getOK(branch+"/compare"+kind+sides),
					`[{"path": "str?", "config_name": "str?", "architecture": "str?", "platform": "str?", "status_a": "str?", "status_b": "str?"}]`)
			}
		}
	})
}

// hashes returns the commits of a list, by the digit that they consist of.
func hashes(t testing.TB, list any) string {
	t.Helper()
	var all []string
	for _, item := range list.([]any) {
		all = append(all, pick(t, item, "git_commit_hash").(string)[:1])
	}
	return strings.Join(all, " ")
}

func TestCommits(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		day := func(start time.Time) string { return fmt.Sprint(start.Unix()) }
		for path, want := range map[string]string{
			hashNew + "/commits?origin=maestro":                                                                         "3 2 1",
			hashMid + "/commits?git_branch=master&git_url=" + mainlineURL:                                               "2 1",
			hashOld + "/commits?git_branch=master":                                                                      "1",
			hashNew + "/commits?origin=redhat":                                                                          "3",
			hashDroid + "/commits?git_url=" + androidURL:                                                                "4",
			"mainline/master/" + hashNew + "/commits":                                                                   "3 2 1",
			hashNew + "/commits?origin=maestro&start_timestamp_in_seconds=" + day(startMid):                             "3 2",
			hashNew + "/commits?origin=maestro&end_timestamp_in_seconds=" + day(startOld):                               "3 1",
			hashNew + "/commits?origin=maestro&start_timestamp_in_seconds=253402300799":                                 "3",
			"commits-history?commit_hashes=" + hashOld + "," + hashNew:                                                  "3 1",
			"commits-history?tree_name=mainline&git_branch=master&git_url=" + mainlineURL + "&commit_hashes=" + hashMid: "2",
			"mainline/master/commits":                                                                                   "3 2 1",
			"mainline/master/commits?limit=2":                                                                           "3 2",
			"mainline/master/commits?git_url=" + mainlineURL:                                                            "3 2 1",
			"mainline/master/commits?origin=redhat":                                                                     "3",
		} {
			if got := hashes(t, s.getOK("/api/tree/"+path)); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
		want := map[string]any{
			"git_commit_hash": hashMid, "git_commit_name": "v6.13-rc1-5-g2222222", "git_commit_tags": nil, "earliest_start_time": "2026-03-08T12:00:00Z",
			"builds": map[string]any{"PASS": 2., "FAIL": 0., "ERROR": 0., "SKIP": 0., "MISS": 0., "DONE": 0., "NULL": 0.},
			"boots":  map[string]any{"pass": 2., "fail": 0., "error": 0., "skip": 0., "miss": 0., "done": 0., "null": 0.},
			"tests":  map[string]any{"pass": 1., "fail": 1., "error": 0., "skip": 0., "miss": 0., "done": 0., "null": 0.},
		}
		if diff := cmp.Diff(want, pick(t, s.getOK("/api/tree/"+hashNew+"/commits?origin=maestro"), 1)); diff != "" {
			t.Error(diff)
		}
		for query, want := range map[string]string{ // builds, boots and tests of the middle one
			"types=builds":                               "PASS 2, , ",
			"types=boots,tests":                          ", PASS 2, PASS 1 FAIL 1",
			"filter_test.path=.read":                     "PASS 2, PASS 2, FAIL 1",
			"filter_build.status=FAIL":                   ", PASS 2, PASS 1 FAIL 1",
			"filter_architecture=x86_64":                 "PASS 1, , ",
			"filter_test.status=FAIL&types=all":          "",
			"builds_related_to_filtered_tests_only=true": "PASS 1, PASS 2, PASS 1 FAIL 1",
			"builds_related_to_filtered_tests_only=true&filter_test.status=FAIL":        "PASS 1, PASS 2, FAIL 1",
			"builds_related_to_filtered_tests_only=true&filter_test.status=SKIP":        ", PASS 2, ",
			"builds_related_to_filtered_tests_only=true&filter_test.path=s.open":        "PASS 1, PASS 2, PASS 1",
			"builds_related_to_filtered_tests_only=false&filter_test.path=none&types=,": "PASS 2, PASS 2, ",
		} {
			path := "/api/tree/" + hashNew + "/commits?origin=maestro&" + query
			if want == "" {
				s.refused(path, 400, "types")
				continue
			}
			item := pick(t, s.getOK(path), 1)
			got := brief(pick(t, item, "builds")) + ", " + brief(pick(t, item, "boots")) + ", " + brief(pick(t, item, "tests"))
			if got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		for path, refusal := range map[string]string{
			hashNew + "/commits": "400 expected origin, git_url and git_branch",
			hashNew + "/commits?start_timestamp_in_seconds=2&origin=maestro&end_timestamp_in_seconds=1": "400 start_timestamp_in_seconds, 2, is after",
			hashNew + "/commits?start_timestamp_in_seconds=soon":                                        "400 start_timestamp_in_seconds",
			"commits-history":                                            "400 commit_hashes",
			"commits-history?commit_hashes=,,":                           "400 commit_hashes",
			"commits-history?commit_hashes=" + strings.Repeat("x,", 101): "400 at most 100",
			"commits-history?commit_hashes=x":                            "200 History of tree commits not found",
			"next/master/commits":                                        "200 History of tree commits not found",
			"mainline/master/commits?git_url=https://none.example.org":   "200 History of tree commits not found",
		} {
			code, text, _ := strings.Cut(refusal, " ")
			s.refused("/api/tree/"+path, map[string]int{"200": 200, "400": 400}[code], text)
		}
	})
}

func TestLatestCommit(t *testing.T) {
	onWorld(t, func(t *testing.T, s *served) {
		want := map[string]any{
			"git_repository_url": mainlineURL, "git_commit_hash": hashNew, "git_commit_name": "v6.13-rc2", "origin": "maestro",
			"api_url": "https://kcidb.example.org/api/tree/mainline/master/" + hashNew + "/full?origin=maestro",
			"old_api_url": "https://kcidb.example.org/api/tree/" + hashNew + "/full?git_branch=master&git_url=" +
				url.QueryEscape(mainlineURL) + "&origin=maestro",
			"tree_name": "mainline", "git_repository_branch": "master",
		}
		if diff := cmp.Diff(want, s.getOK("/api/tree/mainline/master")); diff != "" {
			t.Error(diff)
		}
		if got := pick(t, s.getOK("/api/tree/mainline/master?commit_hash="+hashOld), "git_commit_name"); got != "v6.13-rc1" {
			t.Error(got)
		}
		s.refused("/api/tree/mainline/none", 200, "Tree not found.")
		s.refused("/api/tree/mainline/master?commit_hash="+hashDroid, 200, "Tree not found.")
	})
}

// Branches may be called anything, and commits be checked out again and again.
func TestOddBranches(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{}
		odd := []string{"a/b/c", "compare", "x/commits", "été & 100%?#+", strings.Repeat("long/", 60) + "branch", "commits/full/summary"}
		for i, branch := range odd {
			for n := range 3 {
				hash := fmt.Sprintf("%040d", i*10+n)
				for again := range 2 {
					start := startOld.Add(time.Duration(n*10+again) * time.Minute)
					r.Checkouts = append(r.Checkouts, report.Checkout{
						ID: fmt.Sprint("maestro:", i, n, again), Origin: "maestro", TreeName: new("odd/tree"), GitRepositoryURL: new(mainlineURL),
						GitRepositoryBranch: &branch, GitCommitHash: &hash, StartTime: &start,
					})
				}
			}
		}
		r.Builds = []report.Build{{ID: "maestro:lost", Origin: "maestro", CheckoutID: "maestro:none"}}
		r.Tests = []report.Test{{ID: "maestro:lost", Origin: "maestro", BuildID: "maestro:none"}}
		s.load(r)
		for i, branch := range odd {
			newest, oldest := fmt.Sprintf("%040d", i*10+2), fmt.Sprintf("%040d", i*10)
			segments := strings.Split(branch, "/")
			for i := range segments {
				segments[i] = url.PathEscape(segments[i])
			}
			for _, path := range []string{url.PathEscape(branch), strings.Join(segments, "/")} {
				path = "/api/tree/odd%2Ftree/" + path
				if got := pick(t, s.getOK(path+"/commits"), 0, "git_commit_hash"); got != newest {
					t.Errorf("%s: %v", path, got)
				}
				if got := len(s.getOK(path + "/" + newest + "/commits").([]any)); got != 3 {
					t.Errorf("%s: %d commits", path, got)
				}
				if got := pick(t, s.getOK(path+"/"+newest+"/full"), "common", "tree_url"); got != mainlineURL {
					t.Errorf("%s: %v", path, got)
				}
				if got := pick(t, s.getOK(path+"/compare?hash_a="+oldest+"&hash_b="+newest), "branch"); got != branch {
					t.Errorf("%s: %v", path, got)
				}
				if strings.HasSuffix(path, "/commits") || strings.HasSuffix(path, "/summary") {
					continue // unescaped, the last part of such a branch is taken for an operation
				}
				if got := pick(t, s.getOK(path+"?commit_hash="+oldest), "git_repository_branch"); got != branch {
					t.Errorf("%s: %v", path, got)
				}
			}
			if got := len(s.getOK("/api/tree/" + newest + "/commits?git_branch=" + url.QueryEscape(branch)).([]any)); got != 3 {
				t.Errorf("%s: %d commits", branch, got)
			}
		}
	})
}
