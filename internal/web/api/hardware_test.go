// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// window returns the parameters of a time.
func window(start, end time.Time) string {
	return fmt.Sprintf("startTimestampInSeconds=%d&endTimestampInSeconds=%d", start.Unix(), end.Unix())
}

// allTime is the time from 1970 on, for a century.
var allTime = window(time.Unix(0, 0), time.Unix(0, 0).AddDate(100, 0, 0))

// hardwareLine returns a platform of a list in a line, as PASS/FAIL/INCONCLUSIVE.
func hardwareLine(t *testing.T, item any) string {
	short := func(of string) string {
		return fmt.Sprintf("%v/%v/%v", pick(t, item, of, "PASS"), pick(t, item, of, "FAIL"), pick(t, item, of, "INCONCLUSIVE"))
	}
	return fmt.Sprintf("%v %v builds %s boots %s tests %s", pick(t, item, "platform"), pick(t, item, "hardware"),
		short("build_status_summary"), short("boot_status_summary"), short("test_status_summary"))
}

func TestHardwareList(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		tests := []struct {
			name, query string
			want        []string
		}{
			{"all", window(startOld, worldNow), []string{
				"board-a [vendor,board-a vendor,soc] builds 2/0/0 boots 2/0/0 tests 1/1/5",
				"board-b [vendor,board-b vendor,soc] builds 1/0/0 boots 1/1/0 tests 0/0/0",
			}},
			{"another origin", window(startOld, worldNow) + "&origin=redhat", []string{
				"board-b [vendor,board-b vendor,soc] builds 1/0/0 boots 0/0/0 tests 1/0/0",
				"pc <nil> builds 1/0/0 boots 1/0/0 tests 0/0/0",
			}},
			{"an instant is a day", window(startMid, startMid), []string{
				"board-a [vendor,board-a vendor,soc] builds 1/0/0 boots 1/0/0 tests 1/1/0",
				"board-b [vendor,board-b vendor,soc] builds 1/0/0 boots 1/0/0 tests 0/0/0",
			}},
			{"a commit", allTime + "&commitsList=" + hashMid, []string{
				"board-a [vendor,board-a vendor,soc] builds 1/0/0 boots 1/0/0 tests 1/1/0",
				"board-b [vendor,board-b vendor,soc] builds 1/0/0 boots 1/0/0 tests 0/0/0",
			}},
			{"a tag, and a commit", allTime + "&commitsList=next-1," + hashOld, []string{
				"board-a [vendor,board-a vendor,soc] builds 2/0/0 boots 2/0/0 tests 2/1/5",
				"board-b [vendor,board-b vendor,soc] builds 1/0/0 boots 1/1/0 tests 0/0/0",
			}},
			{"no such commit", allTime + "&commitsList=v7,", nil},
			{"no commits", window(startMid, startMid) + "&commitsList=,", []string{
				"board-a [vendor,board-a vendor,soc] builds 1/0/0 boots 1/0/0 tests 1/1/0",
				"board-b [vendor,board-b vendor,soc] builds 1/0/0 boots 1/0/0 tests 0/0/0",
			}},
			{"nobody", allTime + "&origin=nobody", nil},
			{"before", window(startOld.AddDate(0, 0, -9), startOld.AddDate(0, 0, -1)), nil},
		}
		for _, tt := range tests {
			for _, path := range []string{"/api/hardware/?", "/api/hardware?"} {
				if tt.want == nil {
					s.refused(path+tt.query, 200, "No hardware found")
					continue
				}
				var got []string
				for _, item := range pick(t, s.getOK(path+tt.query), "hardware").([]any) {
					got = append(got, hardwareLine(t, item))
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tt.name, diff)
				}
			}
		}
		_, header, body := s.get("/api/hardware/?limit=1&" + allTime)
		if got := pick(t, body, "hardware").([]any); len(got) != 1 || header.Get("Link") == "" {
			t.Errorf("a page of one: %v, %s", got, header.Get("Link"))
		}
	})
}

func TestHardwareListRefused(t *testing.T) {
	s := serve(t, sqlite.OpenMemory("test"))
	for query, text := range map[string]string{
		"":                          "startTimestampInSeconds",
		"startTimestampInSeconds=1": "endTimestampInSeconds",
		window(worldNow, startOld):  "is after endTimestampInSeconds",
		"startTimestampInSeconds=x&endTimestampInSeconds=1":                  "startTimestampInSeconds",
		"startTimestampInSeconds=1&endTimestampInSeconds=1e300":              "endTimestampInSeconds",
		"startTimestampInSeconds=1&endTimestampInSeconds=" + "9999999999999": "endTimestampInSeconds",
		allTime + "&limit=0":  "limit",
		allTime + "&cursor=x": "cursor",
	} {
		s.refused("/api/hardware/?"+query, 400, text)
	}
}

func TestHardwareSelectors(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		at := func(start time.Time) string { return start.Format(time.RFC3339) }
		want := map[string]any{"trees": []any{
			map[string]any{"tree_name": nil, "branches": []any{map[string]any{
				"git_repository_url": androidURL, "git_repository_branch": droidBranch, "revisions": []any{
					map[string]any{"git_commit_hash": hashDroid, "git_commit_name": nil, "start_time": at(startNew)},
				},
			}}},
			map[string]any{"tree_name": "mainline", "branches": []any{map[string]any{
				"git_repository_url": mainlineURL, "git_repository_branch": "master", "revisions": []any{
					map[string]any{"git_commit_hash": hashNew, "git_commit_name": "v6.13-rc2", "start_time": at(startNew)},
					map[string]any{"git_commit_hash": hashMid, "git_commit_name": "v6.13-rc1-5-g2222222", "start_time": at(startMid)},
					map[string]any{"git_commit_hash": hashOld, "git_commit_name": "v6.13-rc1", "start_time": at(startOld)},
				},
			}}},
		}}
		if diff := cmp.Diff(want, s.getOK("/api/hardware/selectors/")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]any{"trees": []any{}}, s.getOK("/api/hardware/selectors?origin=nobody")); diff != "" {
			t.Errorf("nobody (-want +got):\n%s", diff)
		}
	})
}

func TestHardwareByRevision(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		got := s.getOK("/api/hardware-by-revision/?git_commit_hash=" + hashNew)
		want := map[string]any{"hardware": []any{
			map[string]any{
				"platform": "board-a", "hardware": []any{"vendor,board-a", "vendor,soc"},
				"build_status_summary": statuses("PASS", 1), "boot_status_summary": statuses("PASS", 1),
				"test_status_summary": statuses("PASS", 1, "FAIL", 1, "ERROR", 1, "SKIP", 1, "MISS", 1, "DONE", 1, "NULL", 1),
			},
			map[string]any{
				"platform": "board-b", "hardware": []any{"vendor,board-b", "vendor,soc"},
				"build_status_summary": statuses("PASS", 1), "boot_status_summary": statuses("PASS", 1, "FAIL", 1),
				"test_status_summary": statuses(), // that of redhat is not maestro's
			},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for query, platforms := range map[string]int{
			"": 2, "&tree_name=mainline": 2, "&tree_name=next": 0, "&origin=redhat": 2, "&origin=nobody": 0,
			"&git_repository_url=" + url.QueryEscape(mainlineURL) + "&git_repository_branch=master": 2,
			"&git_repository_branch=main": 0,
		} {
			if got := pick(t, s.getOK("/api/hardware-by-revision?git_commit_hash="+hashNew+query), "hardware").([]any); len(got) != platforms {
				t.Errorf("%s: %v, want %d", query, got, platforms)
			}
		}
		s.refused("/api/hardware-by-revision/?origin=maestro", 400, "git_commit_hash")
	})
}

// Hardware is found by the origin of the tests, with builds of any origin. The
// platforms are those of the newest commit of each tree, without platforms that only
// tests of unreported builds name.
func TestHardwareOfLabs(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		r := &report.Report{}
		for i, hash := range []string{hashOld, hashNew, hashNew} {
			start := startOld.Add(time.Duration(i) * time.Hour)
			c := ofBranch(fmt.Sprint("ci:", i), "https://git.example.org/a.git", hash, start)
			b, test := builtAndTested(c.ID, start)
			test.ID, test.Origin = fmt.Sprint("lab:", i), "lab"
			test.Environment.Misc = fmt.Appendf(nil, `{"platform": "board-%d"}`, i)
			r.Checkouts, r.Builds, r.Tests = append(r.Checkouts, c), append(r.Builds, b), append(r.Tests, test)
		}
		lost := r.Tests[0]
		lost.ID, lost.BuildID, lost.Environment = "lab:lost", "ci:lost", &report.Environment{Misc: []byte(`{"platform": "board-lost"}`)}
		orphan := r.Builds[0]
		orphan.ID, orphan.CheckoutID = "ci:orphan", "ci:none"
		of := lost
		of.ID, of.BuildID = "lab:orphan", "ci:orphan"
		r.Builds, r.Tests = append(r.Builds, orphan), append(r.Tests, lost, of)
		s.load(r)
		platforms := func(path string) string {
			var all []string
			for _, item := range pick(t, s.getOK(path), "hardware").([]any) {
				all = append(all, pick(t, item, "platform").(string))
			}
			return strings.Join(all, " ")
		}
		week := "&" + window(startOld.AddDate(0, 0, -1), worldNow)
		if got := platforms("/api/hardware?origin=lab" + week); got != "board-1 board-2" {
			t.Errorf("listed: %s", got)
		}
		for _, platform := range []string{"board-1", "board-2"} {
			page := s.postOK("/api/hardware/"+platform+"/summary", map[string]any{
				"origin": "lab", "startTimestampInSeconds": startOld.AddDate(0, 0, -1).Unix(), "endTimestampInSeconds": worldNow.Unix(),
			})
			if got := brief(pick(t, page, "summary", "boots", "status")); got != "PASS 1" {
				t.Errorf("%s: boots %s", platform, got)
			}
		}
		if got := platforms("/api/hardware?origin=lab&commitsList=" + hashOld + week); got != "board-0" {
			t.Errorf("of a commit: %s", got)
		}
		s.refused("/api/hardware?origin=ci"+week, 200, "No hardware found")
		revision := "/api/hardware-by-revision?tree_name=a&git_repository_branch=main&git_commit_hash=" + hashNew + "&origin="
		if lab, ci := platforms(revision+"lab"), platforms(revision+"ci"); lab != "board-1 board-2" || ci != "" {
			t.Errorf("by revision: of the lab %q, of the builder %q", lab, ci)
		}
		tree := pick(t, s.getOK("/api/hardware/selectors?origin=lab"), "trees", 0)
		if got := pick(t, tree, "branches", 0, "revisions").([]any); len(got) != 2 {
			t.Errorf("selectors: %v", got)
		}
		if got := pick(t, s.getOK("/api/hardware/selectors?origin=ci"), "trees").([]any); len(got) != 0 {
			t.Errorf("selectors of the builder: %v", got)
		}
	})
}

// statuses returns a StatusCount as encoding/json makes it of a body.
func statuses(pairs ...any) map[string]any {
	all := map[string]any{"PASS": 0.0, "FAIL": 0.0, "ERROR": 0.0, "SKIP": 0.0, "MISS": 0.0, "DONE": 0.0, "NULL": 0.0}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i].(string)] = float64(pairs[i+1].(int))
	}
	return all
}
