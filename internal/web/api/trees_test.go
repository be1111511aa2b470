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

// ofBranch returns a checkout of the branch main of the tree a, of origin ci.
func ofBranch(id, repository, hash string, start time.Time, tags ...string) report.Checkout {
	return report.Checkout{
		ID: id, Origin: "ci", TreeName: new("a"), GitRepositoryURL: &repository, GitRepositoryBranch: new("main"), GitCommitHash: &hash,
		GitCommitTags: tags, StartTime: &start,
	}
}

// builtAndTested returns a build of a checkout, and a boot of it on board-1.
func builtAndTested(checkout string, start time.Time) (report.Build, report.Test) {
	pass := report.StatusPass
	return report.Build{
			ID: checkout + "-b", Origin: "ci", CheckoutID: checkout, Status: &pass, Architecture: new("arm64"), ConfigName: new("defconfig"), StartTime: &start,
		}, report.Test{
			ID: checkout + "-t", Origin: "ci", BuildID: checkout + "-b", Path: new("boot"), Status: &pass, StartTime: &start,
			Environment: &report.Environment{Compatible: []string{"vendor,board"}, Misc: []byte(`{"platform": "board-1"}`)},
		}
}

// A checkout of the future, whose clock was wrong, hides neither its tree nor the
// newest commit of its branch.
func TestFutureCheckout(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		const repository = "https://git.example.org/a.git"
		s.load(&report.Report{Checkouts: []report.Checkout{
			ofBranch("ci:now", repository, hashOld, worldNow.AddDate(0, 0, -1)),
			ofBranch("ci:ahead", repository, hashNew, worldNow.AddDate(73, 0, 0)),
			ofBranch("ci:before", repository, hashMid, worldNow.AddDate(0, 0, -9)),
		}})
		for _, days := range []int{7, 36500} {
			if got := pick(t, s.getOK(fmt.Sprint("/api/tree?origin=ci&interval_in_days=", days)), 0, "id"); got != "ci:now" {
				t.Errorf("in %d days: %v", days, got)
			}
		}
		if got := pick(t, s.getOK("/api/tree/a/main?origin=ci"), "git_commit_hash"); got != hashOld {
			t.Errorf("the newest commit: %v", got)
		}
		if got := pick(t, s.getOK("/api/tree/a/main/commits?origin=ci"), 0, "git_commit_hash"); got != hashOld {
			t.Errorf("the first of the commits: %v", got)
		}
		s.now = worldNow.AddDate(0, 0, 30)
		s.refused("/api/tree?origin=ci", 200, "No trees were found")
	})
}

// All checkouts of a commit in a tree count, and tell its tags.
func TestCommitInManyCheckouts(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{}
		for i, tags := range [][]string{nil, {"v1"}, {}, {"next-1", "v1"}} {
			start := startNew.Add(-time.Duration(i) * time.Minute)
			c := ofBranch(fmt.Sprint("ci:", i), "https://git.example.org/a.git", hashNew, start, tags...)
			c.GitCommitTags = tags
			if i == 2 {
				c.GitRepositoryURL = new("git://git.example.org/a")
			}
			b, test := builtAndTested(c.ID, start)
			r.Checkouts, r.Builds, r.Tests = append(r.Checkouts, c), append(r.Builds, b), append(r.Tests, test)
		}
		other := ofBranch("ci:other", "https://git.example.org/a.git", hashNew, startNew, "other")
		other.TreeName = new("b")
		b, test := builtAndTested(other.ID, startNew)
		r.Checkouts, r.Builds, r.Tests = append(r.Checkouts, other), append(r.Builds, b), append(r.Tests, test)
		s.load(r)

		listed := s.getOK("/api/tree?origin=ci").([]any)
		if len(listed) != 2 {
			t.Fatalf("%d trees", len(listed))
		}
		for _, item := range listed {
			name, want, tags := pick(t, item, "tree_name"), "PASS 4", "[v1 next-1]"
			if name == "b" {
				want, tags = "PASS 1", "[other]"
			}
			if builds, boots := brief(pick(t, item, "build_status")), brief(pick(t, item, "boot_status")); builds != want || boots != want {
				t.Errorf("tree %s: %s, %s, want %s", name, builds, boots, want)
			}
			if got := fmt.Sprint(pick(t, item, "git_commit_tags")); got != tags {
				t.Errorf("tree %s: tags %s", name, got)
			}
		}
		for path, at := range map[string][]any{
			"/api/tree/" + hashNew + "/commits?origin=ci&git_branch=main&git_url=https://git.example.org/a.git": {0, "git_commit_tags"},
			"/api/tree/a/main/" + hashNew + "/commits?origin=ci":                                                {0, "git_commit_tags"},
			"/api/tree/commits-history?origin=ci&tree_name=a&commit_hashes=" + hashNew:                          {0, "git_commit_tags"},
			"/api/tree/a/main/commits?origin=ci":                                                                {0, "git_commit_tags"},
			"/api/tree/a/main/" + hashNew + "/summary?origin=ci":                                                {"common", "git_commit_tags"},
		} {
			if got := fmt.Sprint(pick(t, s.getOK(path), at...)); got != "[v1 next-1]" && got != "[other v1 next-1]" {
				t.Errorf("%s: tags %s", path, got)
			}
		}
	})
}

// A commit may be named by a tag that one of its checkouts tells, on its own or in a
// tree and branch.
func TestTags(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{}
		const repository = "https://git.example.org/a.git"
		for i, c := range []report.Checkout{
			ofBranch("ci:old", repository, hashOld, startOld, "v6.1", "moved"),
			ofBranch("ci:new", repository, hashNew, startNew, "v6.1-rc%1", "moved"),
			ofBranch("ci:again", repository, hashNew, startNew.Add(time.Minute)), // tells no tags
			ofBranch("ci:other", "https://git.example.org/b.git", hashDroid, startNew, "v6.1_b"),
		} {
			if i == 3 {
				c.TreeName = new("b")
			}
			b, test := builtAndTested(c.ID, *c.StartTime)
			r.Checkouts, r.Builds, r.Tests = append(r.Checkouts, c), append(r.Builds, b), append(r.Tests, test)
		}
		s.load(r)
		for tag, want := range map[string]string{"v6.1": "ci:old-b", "v6.1-rc%1": "ci:again-b ci:new-b", "moved": "ci:again-b ci:new-b"} {
			tag := url.PathEscape(tag)
			of := "?origin=ci&git_branch=main&git_url=" + repository
			for _, path := range []string{"/api/tree/" + tag + "/builds?origin=ci", "/api/tree/" + tag + "/builds" + of, "/api/tree/a/main/" + tag + "/builds?origin=ci"} {
				if got := ids(t, pick(t, s.getOK(path), "builds")); got != want {
					t.Errorf("%s: %s", path, got)
				}
			}
			for _, word := range []string{"summary", "boots", "tests", "full", "commits"} {
				s.getOK("/api/tree/" + tag + "/" + word + of)
			}
			sides := "?origin=ci&hash_a=" + url.QueryEscape("v6.1") + "&hash_b=" + url.QueryEscape("v6.1-rc%1")
			if got := pick(t, s.getOK("/api/tree/a/main/compare"+sides), "summary", "boots", "sideB", "pass"); got != 2. {
				t.Errorf("compared: %v boots on side B", got)
			}
		}
		for _, path := range []string{"/api/tree/v6/summary?origin=ci", "/api/tree/v6.1-b/summary?origin=ci", "/api/tree/V6.1/summary?origin=ci",
			"/api/tree/a/main/v6.1_b/summary?origin=ci", "/api/tree/v6.1/summary?origin=none", "/api/tree/%25/summary?origin=ci"} {
			s.refused(path, 200, "No results available")
		}
	})
}

// The lab of a build is misc.lab, else misc.runtime, and that of a test misc.runtime;
// else it is the origin. Names that clusters make up are no labs.
func TestLabs(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{Checkouts: []report.Checkout{ofBranch("ci:c", mainlineURL, hashNew, startNew)}}
		for i, misc := range []string{
			`{"runtime": "k8s-eu-4", "lab": "north"}`, `{"lab": "south"}`, `{"runtime": "south"}`, `{"runtime": "k8s-eu-4"}`, `{}`, `{"lab": 1, "runtime": "east"}`,
		} {
			b, test := builtAndTested("ci:c", startNew)
			b.ID, test.BuildID = fmt.Sprint("ci:b", i), fmt.Sprint("ci:b", i)
			test.ID, b.Misc, test.Misc = fmt.Sprint("ci:t", i), []byte(misc), []byte(misc)
			r.Builds, r.Tests = append(r.Builds, b), append(r.Tests, test)
		}
		s.load(r)
		summary := pick(t, s.getOK("/api/tree/"+hashNew+"/summary?origin=ci"), "summary")
		for kind, want := range map[string]string{
			"builds": "Unknown: PASS 1, ci: PASS 1, east: PASS 1, north: PASS 1, south: PASS 2",
			"boots":  "Unknown: PASS 2, ci: PASS 2, east: PASS 1, south: PASS 1",
		} {
			if got := briefs(pick(t, summary, kind, "labs")); got != want {
				t.Errorf("%s: %s", kind, got)
			}
		}
		want := map[string]any{"ci": "1 2 0", "east": "1 1 0", "north": "1 0 0", "south": "2 1 0"}
		got := make(map[string]any)
		for lab, counts := range pick(t, s.getOK("/api/metrics"), "lab_maps").(map[string]any) {
			got[lab] = fmt.Sprint(pick(t, counts, "builds"), pick(t, counts, "boots"), pick(t, counts, "tests"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("lab_maps (-want +got):\n%s", diff)
		}
		for lab, want := range map[string]string{"ci": "ci:t1 ci:t4", "Unknown": "ci:t0 ci:t3", "south": "ci:t2"} {
			if got := ids(t, pick(t, s.getOK("/api/tree/"+hashNew+"/boots?origin=ci&filter_test.lab="+lab), "boots")); got != want {
				t.Errorf("boots of lab %s: %s", lab, got)
			}
		}
		if got := pick(t, s.getOK("/api/build/ci:b4/tests"), 0, "lab"); got != "ci" {
			t.Errorf("lab of a build's test: %v", got)
		}
	})
}

// However the URL of a repository is written, it is the same.
func TestRepositorySpellings(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{}
		for i, repository := range []string{"https://git.example.org/x_y/a.git", "git://Git.Example.org/x_y/a", "https://git.example.org/x_y/a/"} {
			start := startNew.AddDate(0, 0, -i)
			c := ofBranch(fmt.Sprint("ci:", i), repository, strings.Repeat(fmt.Sprint(i), 40), start)
			b, test := builtAndTested(c.ID, start)
			r.Checkouts, r.Builds, r.Tests = append(r.Checkouts, c), append(r.Builds, b), append(r.Tests, test)
		}
		other := ofBranch("ci:other", "https://git.example.org/xzy/a.git", hashNew, startNew)
		b, test := builtAndTested(other.ID, startNew)
		r.Checkouts, r.Builds, r.Tests = append(r.Checkouts, other), append(r.Builds, b), append(r.Tests, test)
		s.load(r)

		if got := s.getOK("/api/tree?origin=ci").([]any); len(got) != 2 {
			t.Errorf("%d trees, want 2", len(got))
		}
		for _, spelling := range []string{
			"https://git.example.org/x_y/a.git", "https://git.example.org/x_y/a", "https://GIT.example.ORG/x_y/a.git/", "git://git.example.org/x_y/a.git",
		} {
			of := url.QueryEscape(spelling)
			revision := "origin=ci&git_branch=main&git_url=" + of
			for path, want := range map[string]int{
				"/api/tree/" + strings.Repeat("1", 40) + "/boots?" + revision:                                                                             1,
				"/api/tree/" + strings.Repeat("0", 40) + "/commits?" + revision:                                                                           3,
				"/api/tree/a/main/commits?origin=ci&git_url=" + of:                                                                                        3,
				"/api/tree/commits-history?commit_hashes=" + strings.Repeat("2", 40) + "," + hashNew + "&" + revision:                                     1,
				"/api/hardware-by-revision?origin=ci&git_repository_branch=main&git_repository_url=" + of + "&git_commit_hash=" + strings.Repeat("2", 40): 1,
				"/api/test/status-history?path=boot&platform=board-1&config_name=defconfig&git_repository_branch=main&git_repository_url=" + of:           3,
			} {
				got := s.getOK(path)
				for _, list := range []string{"boots", "hardware", "status_history"} {
					if object, ok := got.(map[string]any); ok && object[list] != nil {
						got = object[list]
					}
				}
				if n := len(got.([]any)); n != want {
					t.Errorf("%s: %d, want %d", path, n, want)
				}
			}
			report := s.getOK("/api/tree-report?max_age_in_hours=100&" + revision)
			if got := pick(t, report, "commit_hash"); got != strings.Repeat("0", 40) {
				t.Errorf("%s: report of %v", spelling, got)
			}
		}
		heads := []map[string]any{{"treeName": "a", "repositoryUrl": "git://git.example.org/x_y/a", "branch": "main", "commitHash": strings.Repeat("0", 40)}}
		table := s.postOK("/api/hardware/board-1/commit-history", map[string]any{
			"origin": "ci", "startTimestampInSeconds": startNew.AddDate(0, 0, -9).Unix(), "endTimestampInSeconds": worldNow.Unix(), "commitHeads": heads,
		})
		if got := pick(t, table, "commit_history_table", strings.Repeat("0", 40)).([]any); len(got) != 3 {
			t.Errorf("%d revisions behind the head", len(got))
		}
	})
}
