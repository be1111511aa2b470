// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

func init() {
	shapes["HardwareItem"] = `{"platform": "str", "hardware": ["str"]?, "build_status_summary": "VerdictCount", "boot_status_summary": "VerdictCount", "test_status_summary": "VerdictCount"}`
	shapes["HardwareOfRevision"] = `{"platform": "str", "hardware": ["str"]?, "build_status_summary": "StatusCount", "boot_status_summary": "StatusCount",
		"test_status_summary": "StatusCount"}`
	shapes["HardwareCommon"] = `{"compatibles": ["str"], "trees": [{"index": "str", "origin": "str", "tree_name": "str?", "git_repository_branch": "str?",
		"git_repository_url": "str?", "head_git_commit_name": "str?", "head_git_commit_hash": "str?", "head_git_commit_tag": ["str"]?,
		"selected_commit_status": {"builds": "StatusCount", "boots": "StatusCount", "tests": "StatusCount"}?, "is_selected": "bool"}]}`
	shapes["HardwareKindFilters"] = `{"issues": [["any"]], "origins": ["str"], "has_unknown_issue": "bool", "labs": ["str"], "platforms": ["str"]}`
	shapes["HardwareFilters"] = `{"all": {"configs": ["str"], "architectures": ["str"], "compilers": ["str"]}, "builds": "KindFilters",
		"boots": "HardwareKindFilters", "tests": "HardwareKindFilters"}`
	shapes["HardwareBuild"] = strings.TrimSuffix(shapes["BuildItem"], "}") + `, "tree_name": "str?", "issue_id": "str?", "issue_version": "count?"}`
	shapes["HardwareTest"] = strings.TrimSuffix(shapes["TestItem"], "}") + `, "tree_name": "str?", "git_repository_branch": "str?"}`
	shapes["HardwareCommit"] = `{"git_commit_hash": "str", "tree_name": "str?", "git_repository_branch": "str?", "git_repository_url": "str?",
		"git_commit_tags": ["str"]?, "git_commit_name": "str?", "start_time": "ts?"}`

	contract("hardware", func(t *testing.T, s *served) {
		for _, origin := range originsOnHardware(s.loaded) {
			all := s.getOK("/api/hardware/?" + allTime + "&origin=" + url.QueryEscape(origin))
			wantShape(t, all, `{"hardware": ["HardwareItem"]}`)
			items := pick(t, all, "hardware").([]any)
			for i := 0; i < len(items); i += 1 + len(items)/4 {
				checkHardware(t, s, origin, items[i])
			}
		}
		for _, c := range revisionsOf(s.loaded, 4) {
			wantShape(t, s.getOK("/api/hardware-by-revision/?origin="+url.QueryEscape(c.Origin)+"&git_commit_hash="+*c.GitCommitHash),
				`{"hardware": ["HardwareOfRevision"]}`)
			wantShape(t, s.getOK("/api/hardware/selectors/?origin="+url.QueryEscape(c.Origin)),
				`{"trees": [{"tree_name": "str?", "branches": [{"git_repository_url": "str?", "git_repository_branch": "str?",
					"revisions": [{"git_commit_hash": "str", "git_commit_name": "str?", "start_time": "ts?"}]}]}]}`)
		}
	})
}

// originsOnHardware returns the origins of tests on named platforms whose builds are
// known: the others have no hardware.
func originsOnHardware(r *report.Report) (all []string) {
	builds := make(map[string]bool)
	for i := range r.Builds {
		builds[r.Builds[i].ID] = true
	}
	known := make(map[string]bool)
	for i := range r.Tests {
		t := &r.Tests[i]
		if !known[t.Origin] && builds[t.BuildID] && t.Environment != nil && facts.Platform(t.Environment.Misc) != "" {
			known[t.Origin] = true
			all = append(all, t.Origin)
		}
	}
	return all
}

// hardwareBody returns a body about a time, as kci-dev writes it.
func hardwareBody(origin string, start, end time.Time) map[string]any {
	return map[string]any{
		"origin": origin, "startTimestampInSeconds": fmt.Sprint(start.Unix()), "endTimestampInSeconds": fmt.Sprint(end.Unix()),
		"selectedCommits": map[string]any{}, "filter": map[string]any{},
	}
}

// checkHardware checks the shapes of all answers about a platform, and that its counts
// agree with its lists.
func checkHardware(t *testing.T, s *served, origin string, item any) {
	t.Helper()
	name := pick(t, item, "platform").(string)
	path := "/api/hardware/" + url.QueryEscape(name)
	body := hardwareBody(origin, time.Unix(0, 0), s.now)
	if s.now.Before(time.Unix(0, 0)) {
		return // nothing ever started
	}
	code, _, summary := s.post(path+"/summary", body)
	if _, none := summary.(map[string]any)["error"]; code == 200 && none {
		// The builds of its tests are not there, nor are their checkouts.
		if got := hardwareLine(t, item); !strings.Contains(got, "builds 0/0/0") {
			t.Errorf("%s: %v, for %s", path, summary, got)
		}
		return
	}
	wantShape(t, summary, `{"common": "HardwareCommon", "summary": "Summary", "filters": "HardwareFilters"}`)
	full := s.postOK(path, body)
	wantShape(t, full, `{"common": "HardwareCommon", "summary": "Summary", "filters": "HardwareFilters", "builds": ["HardwareBuild"],
		"boots": ["HardwareTest"], "tests": ["HardwareTest"]}`)
	var heads []any
	for _, tree := range pick(t, summary, "common", "trees").([]any) {
		heads = append(heads, map[string]any{
			"treeName": pick(t, tree, "tree_name"), "repositoryUrl": pick(t, tree, "git_repository_url"),
			"branch": pick(t, tree, "git_repository_branch"), "commitHash": textOf(pick(t, tree, "head_git_commit_hash")),
		})
	}
	for kind, shape := range map[string]string{"builds": "HardwareBuild", "boots": "HardwareTest", "tests": "HardwareTest"} {
		listed := s.postOK(path+"/"+kind, body)
		wantShape(t, listed, `{"`+kind+`": ["`+shape+`"]}`)
		if diff := cmp.Diff(pick(t, listed, kind), pick(t, full, kind)); diff != "" {
			t.Errorf("%s: %s in full (-want +got):\n%.2000s", path, kind, diff)
		}
		due, selected := statuses(), statuses()
		for _, item := range pick(t, listed, kind).([]any) {
			status := pick(t, item, "status").(string)
			due[status] = due[status].(float64) + 1
		}
		for _, tree := range pick(t, summary, "common", "trees").([]any) {
			for status, n := range pick(t, tree, "selected_commit_status", kind).(map[string]any) {
				selected[status] = selected[status].(float64) + n.(float64)
			}
		}
		if diff := cmp.Diff(due, pick(t, summary, "summary", kind, "status")); diff != "" {
			t.Errorf("%s: %s in the summary (-listed +got):\n%s", path, kind, diff)
		}
		if diff := cmp.Diff(due, selected); diff != "" {
			t.Errorf("%s: %s of the selected commits (-listed +got):\n%s", path, kind, diff)
		}
	}
	body["commitHeads"] = heads
	wantShape(t, s.postOK(path+"/commit-history", body), `{"commit_history_table": {"*": ["HardwareCommit"]}}`)
}

// textOf returns a text, "" for null.
func textOf(v any) string { s, _ := v.(string); return s }

func TestHardwarePage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		tests := []struct {
			hardware, change string // the latter to the body
			compatibles      string
			trees            string // index, name, head, and whether it is selected
			builds           string
			boots, tests     string
		}{
			{
				"board-b", `{}`, "[vendor,board-b vendor,soc]", "0 mainline " + hashNew + " true",
				"maestro:b-pass", "maestro:t-nfs maestro:t-dummy", "redhat:t-guest",
			},
			{
				"vendor,soc", `{}`, "[vendor,board-a vendor,board-b vendor,soc]", "0 <nil> " + hashDroid + " true, 1 mainline " + hashNew + " true",
				"maestro:b-android maestro:b-pass", "maestro:t-android maestro:t-boot maestro:t-nfs maestro:t-dummy",
				"redhat:t-guest maestro:t-skip maestro:t-error maestro:t-miss maestro:t-open maestro:t-read maestro:t-done maestro:t-nostatus",
			},
			{
				"vendor,board-a", `{"selectedCommits": {"1": "` + hashMid + `"}}`, "[vendor,board-a vendor,soc]",
				"0 <nil> " + hashDroid + " false, 1 mainline " + hashNew + " true",
				"maestro:b-mid", "maestro:t-mid-boot", "maestro:t-mid-open maestro:t-mid-read",
			},
			{
				"board-a", `{"selectedCommits": {"0": "head", "1": "` + hashOld + `", "7": "head"}}`, "[vendor,board-a vendor,soc]",
				"0 <nil> " + hashDroid + " true, 1 mainline " + hashNew + " true",
				"maestro:b-android maestro:b-old", "maestro:t-android maestro:t-old-boot", "maestro:t-old-open",
			},
			{
				"board-a", `{"selectedCommits": {"0": "` + hashMid + `", "7": "head"}}`, "[vendor,board-a vendor,soc]",
				"0 <nil> " + hashDroid + " true, 1 mainline " + hashNew + " false", "", "", "",
			},
			{
				"board-a", `{"filter": {"filter_trees": ["mainline"], "filter_test.status": ["FAIL", "NULL"]}}`, "[vendor,board-a vendor,soc]",
				"0 <nil> " + hashDroid + " true, 1 mainline " + hashNew + " true",
				"maestro:b-pass", "maestro:t-boot", "maestro:t-open maestro:t-nostatus",
			},
			{
				"board-a", `{"filter": {"filter_trees": ["Unknown"]}}`, "[vendor,board-a vendor,soc]",
				"0 <nil> " + hashDroid + " true, 1 mainline " + hashNew + " true", "maestro:b-android", "maestro:t-android", "",
			},
			{
				"pc", `{"origin": "redhat"}`, "[]", "0 mainline " + hashNew + " true", "redhat:b-1", "redhat:t-1", "",
			},
			{ // by its day
				"board-b", fmt.Sprintf(`{"startTimestampInSeconds": %d, "endTimestampInSeconds": "%d"}`, startMid.Unix(), startMid.Unix()),
				"[vendor,board-b vendor,soc]", "0 mainline " + hashMid + " true", "maestro:b-mid", "maestro:t-mid-nfs", "",
			},
		}
		for _, tt := range tests {
			body := hardwareBody("maestro", startOld, worldNow)
			if err := json.Unmarshal([]byte(tt.change), &body); err != nil {
				t.Fatal(err)
			}
			path := "/api/hardware/" + url.QueryEscape(tt.hardware)
			summary := s.postOK(path+"/summary/", body)
			var trees []string
			for _, tree := range pick(t, summary, "common", "trees").([]any) {
				trees = append(trees, fmt.Sprint(pick(t, tree, "index"), " ", pick(t, tree, "tree_name"), " ", pick(t, tree, "head_git_commit_hash"),
					" ", pick(t, tree, "is_selected")))
			}
			got := []string{
				fmt.Sprint(pick(t, summary, "common", "compatibles")), strings.Join(trees, ", "), listedIDs(t, s.postOK(path+"/builds", body), "builds"),
				listedIDs(t, s.postOK(path+"/boots/", body), "boots"), listedIDs(t, s.postOK(path+"/tests", body), "tests"),
			}
			if diff := cmp.Diff([]string{tt.compatibles, tt.trees, tt.builds, tt.boots, tt.tests}, got); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", tt.hardware, tt.change, diff)
			}
			for i, kind := range []string{"builds", "boots", "tests"} {
				n := 0.0
				for _, of := range pick(t, summary, "summary", kind, "status").(map[string]any) {
					n += of.(float64)
				}
				if want := len(strings.Fields(got[2+i])); n != float64(want) {
					t.Errorf("%s %s: %v %s, want %d", tt.hardware, tt.change, n, kind, want)
				}
			}
		}
	})
}

func listedIDs(t *testing.T, body any, kind string) string {
	var ids []string
	for _, item := range pick(t, body, kind).([]any) {
		ids = append(ids, pick(t, item, "id").(string))
	}
	return strings.Join(ids, " ")
}

// The page of a hardware has each field as it should be.
func TestHardwareFields(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		body := hardwareBody("maestro", startOld, worldNow)
		full := s.postOK("/api/hardware/board-b/", body)
		for _, tt := range []struct {
			path []any
			want any
		}{
			{[]any{"common", "trees"}, []any{map[string]any{
				"index": "0", "origin": "maestro", "tree_name": "mainline", "git_repository_branch": "master", "git_repository_url": mainlineURL,
				"head_git_commit_name": "v6.13-rc2", "head_git_commit_hash": hashNew, "head_git_commit_tag": []any{"v6.13-rc2", "next-1"},
				"is_selected": true, "selected_commit_status": map[string]any{
					"builds": statuses("PASS", 1), "boots": statuses("PASS", 1, "FAIL", 1), "tests": statuses("PASS", 1),
				},
			}}},
			{[]any{"summary", "boots", "status"}, statuses("PASS", 1, "FAIL", 1)},
			{[]any{"summary", "boots", "platforms"}, map[string]any{"board-b": statuses("PASS", 1, "FAIL", 1)}},
			{[]any{"filters", "boots", "platforms"}, []any{"board-b"}},
			{[]any{"boots", 0, "tree_name"}, "mainline"},
			{[]any{"boots", 0, "git_repository_branch"}, "master"},
			{[]any{"builds", 0, "tree_name"}, "mainline"},
			{[]any{"builds", 0, "issue_id"}, nil},
		} {
			if diff := cmp.Diff(tt.want, pick(t, full, tt.path...)); diff != "" {
				t.Errorf("%v (-want +got):\n%s", tt.path, diff)
			}
		}
		body["limit"] = 1
		_, header, page := s.post("/api/hardware/board-b/boots?limit=1", body)
		if got := listedIDs(t, page, "boots"); got != "maestro:t-nfs" || !strings.Contains(header.Get("Link"), "/api/hardware/board-b/boots?") {
			t.Errorf("a page of one: %s, %s", got, header.Get("Link"))
		}
	})
}

func TestHardwareCommitHistory(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.load(world())
		head := func(hash string) map[string]any {
			return map[string]any{"treeName": "mainline", "repositoryUrl": mainlineURL, "branch": "master", "commitHash": hash}
		}
		ask := func(heads ...any) any {
			body := hardwareBody("maestro", startOld, worldNow)
			body["commitHeads"] = heads
			return s.postOK("/api/hardware/vendor%2Csoc/commit-history", body)
		}
		commit := func(hash, name string, tags any, start time.Time) any {
			return map[string]any{
				"git_commit_hash": hash, "tree_name": "mainline", "git_repository_branch": "master", "git_repository_url": mainlineURL,
				"git_commit_tags": tags, "git_commit_name": name, "start_time": start.Format(time.RFC3339),
			}
		}
		newest := commit(hashNew, "v6.13-rc2", []any{"v6.13-rc2", "next-1"}, startNew)
		middle := commit(hashMid, "v6.13-rc1-5-g2222222", nil, startMid)
		oldest := commit(hashOld, "v6.13-rc1", []any{"v6.13-rc1"}, startOld)
		want := map[string]any{"commit_history_table": map[string]any{hashNew: []any{newest, middle, oldest}, hashMid: []any{middle, oldest}}}
		if diff := cmp.Diff(want, ask(head(hashNew), head(hashMid))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		android := map[string]any{"treeName": nil, "repositoryUrl": androidURL, "branch": droidBranch, "commitHash": hashDroid}
		table := pick(t, ask(android, head(hashDroid), head("none")), "commit_history_table").(map[string]any)
		if len(table) != 2 || len(table["none"].([]any)) != 0 || len(table[hashDroid].([]any)) != 1 {
			t.Errorf("%v", table)
		}
		body := hardwareBody("maestro", startOld, worldNow)
		body["commitHeads"] = []any{head("none")}
		code, _, got := s.post("/api/hardware/board-a/commit-history", body)
		wantError(t, "no such head", code, got, 200, "Commit history not found")
	})
}

// Platforms are found by their names with any characters, as both clients escape them,
// and by their compatibles.
func TestHardwareNames(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		names := []string{`a,b/c+d e`, `50% "x"?#&=`, "é'ü\\", "summary", ".."}
		r := &report.Report{
			Checkouts: []report.Checkout{{ID: "ci:c", Origin: "ci", GitCommitHash: new(hashNew)}},
			Builds:    []report.Build{{ID: "ci:b", Origin: "ci", CheckoutID: "ci:c"}},
		}
		for i, name := range names {
			misc, _ := json.Marshal(map[string]string{"platform": name})
			r.Tests = append(r.Tests, report.Test{
				ID: fmt.Sprint("ci:", i), Origin: "ci", BuildID: "ci:b", Path: new("boot"), StartTime: &startNew,
				Environment: &report.Environment{Misc: misc, Compatible: []string{"not " + name}},
			})
			if facts.Platform(misc) != name {
				t.Fatal(name)
			}
		}
		s.load(r)
		body := hardwareBody("ci", startOld, worldNow)
		for i, name := range names {
			plus := url.QueryEscape(name)
			for _, escaped := range []string{plus, strings.ReplaceAll(plus, "+", "%20"), "not+" + plus} {
				path := "/api/hardware/" + escaped + "/boots"
				if got := listedIDs(t, s.postOK(path, body), "boots"); got != fmt.Sprint("ci:", i) {
					t.Errorf("%s: %s", path, got)
				}
			}
		}
		code, _, got := s.post("/api/hardware/a,b/boots", body)
		wantError(t, "a part of a name", code, got, 200, "isn't associated with any commit")
	})
}

func TestHardwarePageRefused(t *testing.T) {
	s := serve(t, sqlite.OpenMemory("test"))
	s.load(world())
	within := func(more string) string {
		return fmt.Sprintf(`{"startTimestampInSeconds": %d, "endTimestampInSeconds": "%d"%s}`, startOld.Unix(), worldNow.Unix(), more)
	}
	for _, tt := range []struct {
		body string
		code int
		text string
	}{
		{within(""), 200, ""},
		{within(`, "whatever": {}, "origin": "maestro", "filter": {"filter_nothing": ["x"], "more": 1}`), 200, ""},
		{within(`, "selectedCommits": {"0": "nothing"}`), 200, ""},
		{within(`, "origin": "nobody"`), 200, "isn't associated with any commit"},
		{`{"startTimestampInSeconds": "0", "endTimestampInSeconds": 1.5}`, 200, "isn't associated with any commit"},
		{`{"startTimestampInSeconds": -2208988800, "endTimestampInSeconds": 4102444800}`, 200, ""}, // centuries
		{"", 400, "body"},
		{"no JSON", 400, "body"},
		{"[]", 400, "body"},
		{"null", 400, "body"},
		{"{}", 400, "startTimestampInSeconds"},
		{`{"startTimestampInSeconds": 1}`, 400, "endTimestampInSeconds"},
		{`{"startTimestampInSeconds": 2, "endTimestampInSeconds": 1}`, 400, "is after endTimestampInSeconds"},
		{`{"startTimestampInSeconds": "soon", "endTimestampInSeconds": 1}`, 400, "startTimestampInSeconds"},
		{`{"startTimestampInSeconds": "", "endTimestampInSeconds": 1}`, 400, "startTimestampInSeconds"},
		{`{"startTimestampInSeconds": 1e300, "endTimestampInSeconds": 1}`, 400, "startTimestampInSeconds"},
		{`{"startTimestampInSeconds": null, "endTimestampInSeconds": 1}`, 400, "startTimestampInSeconds"},
		{`{"startTimestampInSeconds": [1], "endTimestampInSeconds": 1}`, 400, "startTimestampInSeconds"},
		{within(`, "origin": 7`), 400, "origin"},
		{within(`, "selectedCommits": []`), 400, "selectedCommits"},
		{within(`, "selectedCommits": {"0": 1}`), 400, "selectedCommits"},
		{within(`, "filter": "x"`), 400, "filter"},
		{within(`, "filter": {"filter_test.duration": ["x"]}`), 400, "filter_test.duration"},
	} {
		for _, kind := range []string{"", "/summary", "/builds", "/boots", "/tests"} {
			code, _, body := s.post("/api/hardware/board-a"+kind, tt.body)
			if tt.text == "" {
				if _, none := body.(map[string]any)["error"]; code != tt.code || none {
					t.Errorf("%s %s: %d %.200v", kind, tt.body, code, body)
				}
				continue
			}
			wantError(t, kind+" "+tt.body, code, body, tt.code, tt.text)
		}
	}
	for body, text := range map[string]string{
		within(""): "commitHeads", within(`, "commitHeads": {}`): "commitHeads", within(`, "commitHeads": [{}]`): "commitHash",
		within(`, "commitHeads": [` + strings.Repeat(`{"commitHash": ""},`, 1000) + `{"commitHash": ""}]`): "commitHeads",
	} {
		code, _, got := s.post("/api/hardware/board-a/commit-history", body)
		wantError(t, fmt.Sprintf("commit-history %.200s", body), code, got, 400, text)
	}
	if code, _, _ := s.get("/api/hardware/board-a/summary"); code != 405 {
		t.Errorf("GET: %d", code)
	}
}
