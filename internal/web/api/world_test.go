// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// The small world that tests share, whose numbers can be told by hand.
//
//	checkout            origin   tree      branch            commit      start           builds
//	maestro:c-old       maestro  mainline  master            hashOld     3 days before   b-old
//	maestro:c-mid       maestro  mainline  master            hashMid     2 days before   b-mid, b-mid-x86
//	maestro:c-new       maestro  mainline  master            hashNew     1 day before    the seven of all statuses, b-dummy, redhat:b-guest
//	redhat:c-new        redhat   mainline  master            hashNew     1 day before    redhat:b-1
//	maestro:c-android   maestro  -         android/main-6.6  hashDroid   1 day before    b-android
//	maestro:c-bare      maestro  -         -                 -           -               -
//
// "before" is before worldNow; builds start an hour, and tests two hours after
// their checkouts. The next tables are in the functions that make the objects.
const (
	mainlineURL = "https://git.example.org/linux.git"
	androidURL  = "https://git.example.org/android.git"
	droidBranch = "android/main-6.6"

	hashOld   = "1111111111111111111111111111111111111111" // v6.13-rc1, with a tag of this name
	hashMid   = "2222222222222222222222222222222222222222" // v6.13-rc1-5-g2222222, no tags
	hashNew   = "3333333333333333333333333333333333333333" // v6.13-rc2, with tags v6.13-rc2 and next-1
	hashDroid = "4444444444444444444444444444444444444444" // no name, no tags
)

// The times of the world.
var (
	worldNow  = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	startOld  = worldNow.AddDate(0, 0, -3)
	startMid  = worldNow.AddDate(0, 0, -2)
	startNew  = worldNow.AddDate(0, 0, -1)
	buildTime = time.Hour     // from the start of a checkout to that of its builds
	testTime  = 2 * time.Hour // and to that of its tests
	arrived   = worldNow.Add(-time.Hour)
)

// world returns a new copy of the world.
func world() *report.Report {
	r := &report.Report{Checkouts: worldCheckouts(), Builds: worldBuilds(), Tests: worldTests(), Incidents: worldIncidents()}
	r.SetTimestamps(arrived)
	r.Issues = worldIssues() // at times of their own
	return r
}

func worldCheckouts() []report.Checkout {
	mainline := func(id, origin, hash, name string, tags []string, start time.Time) report.Checkout {
		return report.Checkout{
			ID: id, Origin: origin, TreeName: new("mainline"), GitRepositoryURL: new(mainlineURL), GitRepositoryBranch: new("master"),
			GitCommitHash: &hash, GitCommitName: &name, GitCommitTags: tags, StartTime: &start, PatchsetHash: new(""),
		}
	}
	return []report.Checkout{
		mainline("maestro:c-old", "maestro", hashOld, "v6.13-rc1", []string{"v6.13-rc1"}, startOld),
		mainline("maestro:c-mid", "maestro", hashMid, "v6.13-rc1-5-g2222222", nil, startMid),
		mainline("maestro:c-new", "maestro", hashNew, "v6.13-rc2", []string{"v6.13-rc2", "next-1"}, startNew),
		mainline("redhat:c-new", "redhat", hashNew, "v6.13-rc2", nil, startNew),
		{
			ID: "maestro:c-android", Origin: "maestro", GitRepositoryURL: new(androidURL), GitRepositoryBranch: new(droidBranch),
			GitCommitHash: new(hashDroid), StartTime: &startNew,
		},
		{ID: "maestro:c-bare", Origin: "maestro"},
	}
}

// worldBuilds returns the builds. All of maestro's but b-null and the dummy were made
// in the lab "k8s".
//
//	build            of                  status  architecture  compiler  configuration     duration
//	maestro:b-old    maestro:c-old       PASS    arm64         gcc-12    defconfig         60
//	maestro:b-mid    maestro:c-mid       PASS    arm64         gcc-12    defconfig         61.5
//	  b-mid-x86      maestro:c-mid       PASS    x86_64        clang-17  x86_64_defconfig  62
//	  b-pass         maestro:c-new       PASS    arm64         gcc-12    defconfig         63
//	  b-fail         maestro:c-new       FAIL    x86_64        clang-17  x86_64_defconfig  64
//	  b-error        maestro:c-new       ERROR   x86_64        gcc-12    allmodconfig      65
//	  b-skip         maestro:c-new       SKIP    arm64         clang-17  defconfig         -
//	  b-miss         maestro:c-new       MISS    arm64         clang-17  allmodconfig      -
//	  b-done         maestro:c-new       DONE    arm64         gcc-12    allmodconfig      -
//	  b-null         maestro:c-new       -       -             -         -                 -, and nothing else
//	  dummy_x        maestro:c-new       PASS    -             -         -                 -
//	redhat:b-guest   maestro:c-new       PASS    x86_64        gcc-12    fedora            66
//	redhat:b-1       redhat:c-new        PASS    x86_64        gcc-12    fedora            67
//	  b-android      maestro:c-android   PASS    arm64         clang-17  gki_defconfig     68
func worldBuilds() []report.Build {
	build := func(id, checkout string, start time.Time, status report.Status, arch, compiler, config string, duration float64) report.Build {
		at := start.Add(buildTime)
		b := report.Build{
			ID: id, Origin: originOf(id), CheckoutID: checkout, StartTime: &at, Status: &status, Architecture: &arch, Compiler: &compiler,
			ConfigName: &config, ConfigURL: new("https://files.example.org/" + id + "/config"), LogURL: new("https://files.example.org/" + id + "/log"),
		}
		if duration != 0 {
			b.Duration = &duration
		}
		if b.Origin == "maestro" {
			b.Misc = json.RawMessage(`{"runtime": "k8s", "job": 7}`)
		}
		return b
	}
	all := []report.Build{
		build("maestro:b-old", "maestro:c-old", startOld, "PASS", "arm64", "gcc-12", "defconfig", 60),
		build("maestro:b-mid", "maestro:c-mid", startMid, "PASS", "arm64", "gcc-12", "defconfig", 61.5),
		build("maestro:b-mid-x86", "maestro:c-mid", startMid, "PASS", "x86_64", "clang-17", "x86_64_defconfig", 62),
		build("maestro:b-pass", "maestro:c-new", startNew, "PASS", "arm64", "gcc-12", "defconfig", 63),
		build("maestro:b-fail", "maestro:c-new", startNew, "FAIL", "x86_64", "clang-17", "x86_64_defconfig", 64),
		build("maestro:b-error", "maestro:c-new", startNew, "ERROR", "x86_64", "gcc-12", "allmodconfig", 65),
		build("maestro:b-skip", "maestro:c-new", startNew, "SKIP", "arm64", "clang-17", "defconfig", 0),
		build("maestro:b-miss", "maestro:c-new", startNew, "MISS", "arm64", "clang-17", "allmodconfig", 0),
		build("maestro:b-done", "maestro:c-new", startNew, "DONE", "arm64", "gcc-12", "allmodconfig", 0),
		build("redhat:b-guest", "maestro:c-new", startNew, "PASS", "x86_64", "gcc-12", "fedora", 66),
		build("redhat:b-1", "redhat:c-new", startNew, "PASS", "x86_64", "gcc-12", "fedora", 67),
		build("maestro:b-android", "maestro:c-android", startNew, "PASS", "arm64", "clang-17", "gki_defconfig", 68),
		{ID: "maestro:b-null", Origin: "maestro", CheckoutID: "maestro:c-new"},
		{ID: "maestro:dummy_x", Origin: "maestro", CheckoutID: "maestro:c-new", Status: new(report.StatusPass), StartTime: new(startNew.Add(buildTime))},
	}
	for i := range all {
		if b := &all[i]; b.ID == "maestro:b-pass" {
			b.Command, b.Comment, b.LogExcerpt = new("make defconfig"), new("a build"), new("  LD vmlinux")
			b.InputFiles = []report.Resource{{Name: "linux.tar.gz", URL: "https://files.example.org/linux.tar.gz"}}
			b.OutputFiles = []report.Resource{{Name: "Image", URL: "https://files.example.org/Image"}}
		}
	}
	return all
}

// worldTests returns the tests. Each lasted a second for each of its number here.
//
//	    test                 of             path                status  platform   lab     error_msg
//	 1  maestro:t-old-boot   b-old          boot                PASS    board-a    lab-1
//	 2    t-old-open         b-old          ltp.syscalls.open   PASS    board-a    lab-1
//	 3    t-mid-boot         b-mid          boot                PASS    board-a    lab-1
//	 4    t-mid-nfs          b-mid          boot.nfs            PASS    board-b    lab-2
//	 5    t-mid-open         b-mid          ltp.syscalls.open   PASS    board-a    lab-1
//	 6    t-mid-read         b-mid          ltp.syscalls.read   FAIL    board-a    lab-1   read() hangs
//	 7    t-boot             b-pass         boot                PASS    board-a    lab-1
//	 8    t-nfs              b-pass         boot.nfs            FAIL    board-b    lab-2   kernel panic
//	 9    t-open             b-pass         ltp.syscalls.open   FAIL    board-a    lab-1   EPERM
//	10    t-read             b-pass         ltp.syscalls.read   PASS    board-a    lab-1
//	11    t-error            b-pass         ltp.syscalls.fork   ERROR   board-a    lab-1
//	12    t-skip             b-pass         ltp.syscalls.exit   SKIP    board-a    lab-1
//	13    t-miss             b-pass         ltp.syscalls.kill   MISS    board-a    lab-1
//	14    t-done             b-pass         ltp.syscalls.wait   DONE    board-a    lab-1
//	15  redhat:t-guest       b-pass         kselftest.net       PASS    board-b    -
//	16  maestro:t-dummy      dummy_x        boot                PASS    board-b    lab-2
//	17  redhat:t-1           redhat:b-1     boot                PASS    pc         beaker
//	18  maestro:t-android    b-android      boot                PASS    board-a    lab-1
//	 -    t-nostatus         b-pass         ltp.syscalls.write  -       board-a    lab-1
//	 -    t-noenv            b-pass         kunit.list          PASS    -          -       and no environment at all
//	 -    t-nopath           b-pass         -                   FAIL    -          -       and nothing else
//
// So maestro:c-new has boots 7 and 8, and 16 of the dummy; and tests 9 to 15 and
// the three last ones.
func worldTests() []report.Test {
	n := 0.0
	test := func(id, build string, start time.Time, path string, status report.Status, platform, lab, reason string) report.Test {
		n++
		at, duration := start.Add(testTime), n
		t := report.Test{
			ID: id, Origin: originOf(id), BuildID: build, Path: &path, Status: &status, StartTime: &at, Duration: &duration,
			Environment: &report.Environment{Compatible: compatibles[platform], Misc: json.RawMessage(`{"platform": "` + platform + `", "ram": 4}`)},
			LogURL:      new("https://files.example.org/" + id + "/log"),
		}
		misc := make(map[string]any)
		if lab != "" {
			misc["runtime"] = lab
		}
		if reason != "" {
			misc["error_msg"] = reason
		}
		if len(misc) > 0 {
			t.Misc, _ = json.Marshal(misc)
		}
		return t
	}
	all := []report.Test{
		test("maestro:t-old-boot", "maestro:b-old", startOld, "boot", "PASS", "board-a", "lab-1", ""),
		test("maestro:t-old-open", "maestro:b-old", startOld, "ltp.syscalls.open", "PASS", "board-a", "lab-1", ""),
		test("maestro:t-mid-boot", "maestro:b-mid", startMid, "boot", "PASS", "board-a", "lab-1", ""),
		test("maestro:t-mid-nfs", "maestro:b-mid", startMid, "boot.nfs", "PASS", "board-b", "lab-2", ""),
		test("maestro:t-mid-open", "maestro:b-mid", startMid, "ltp.syscalls.open", "PASS", "board-a", "lab-1", ""),
		test("maestro:t-mid-read", "maestro:b-mid", startMid, "ltp.syscalls.read", "FAIL", "board-a", "lab-1", "read() hangs"),
		test("maestro:t-boot", "maestro:b-pass", startNew, "boot", "PASS", "board-a", "lab-1", ""),
		test("maestro:t-nfs", "maestro:b-pass", startNew, "boot.nfs", "FAIL", "board-b", "lab-2", "kernel panic"),
		test("maestro:t-open", "maestro:b-pass", startNew, "ltp.syscalls.open", "FAIL", "board-a", "lab-1", "EPERM"),
		test("maestro:t-read", "maestro:b-pass", startNew, "ltp.syscalls.read", "PASS", "board-a", "lab-1", ""),
		test("maestro:t-error", "maestro:b-pass", startNew, "ltp.syscalls.fork", "ERROR", "board-a", "lab-1", ""),
		test("maestro:t-skip", "maestro:b-pass", startNew, "ltp.syscalls.exit", "SKIP", "board-a", "lab-1", ""),
		test("maestro:t-miss", "maestro:b-pass", startNew, "ltp.syscalls.kill", "MISS", "board-a", "lab-1", ""),
		test("maestro:t-done", "maestro:b-pass", startNew, "ltp.syscalls.wait", "DONE", "board-a", "lab-1", ""),
		test("redhat:t-guest", "maestro:b-pass", startNew, "kselftest.net", "PASS", "board-b", "", ""),
		test("maestro:t-dummy", "maestro:dummy_x", startNew, "boot", "PASS", "board-b", "lab-2", ""),
		test("redhat:t-1", "redhat:b-1", startNew, "boot", "PASS", "pc", "beaker", ""),
		test("maestro:t-android", "maestro:b-android", startNew, "boot", "PASS", "board-a", "lab-1", ""),
		test("maestro:t-nostatus", "maestro:b-pass", startNew, "ltp.syscalls.write", "", "board-a", "lab-1", ""),
		test("maestro:t-noenv", "maestro:b-pass", startNew, "kunit.list", "PASS", "", "", ""),
		{ID: "maestro:t-nopath", Origin: "maestro", BuildID: "maestro:b-pass", Status: new(report.StatusFail)},
	}
	for i := range all {
		switch t := &all[i]; t.ID {
		case "maestro:t-nostatus":
			t.Status, t.Duration = nil, nil
		case "maestro:t-noenv":
			t.Environment, t.Duration = nil, nil
		case "maestro:t-open":
			t.LogExcerpt = new("open: EPERM")
			t.OutputFiles = []report.Resource{{Name: "dmesg", URL: "https://files.example.org/dmesg"}}
		}
	}
	return all
}

// compatibles are those of the platforms.
var compatibles = map[string][]string{
	"board-a": {"vendor,board-a", "vendor,soc"},
	"board-b": {"vendor,board-b", "vendor,soc"},
	"pc":      nil,
}

// worldIssues returns the issues. Those of maestro arrived 50 (idle), 49 (version 1)
// and 25 hours before worldNow, that of redhat 24.
//
//	issue                  version  culprit              categories
//	maestro:issue-code     1        code                 -
//	maestro:issue-code     2        code, not harness    kernel.panic, kernel.oops
//	redhat:issue-harness   1        harness              -             and no comment
//	maestro:issue-idle     1        tool                 tool          and no incidents
func worldIssues() []report.Issue {
	ago := func(hours int) *time.Time { return new(worldNow.Add(-time.Duration(hours) * time.Hour)) }
	return []report.Issue{
		{
			ID: "maestro:issue-code", Version: 1, Origin: "maestro", Comment: new("it panics"), Culprit: &report.Culprit{Code: new(true)}, Timestamp: ago(49),
		},
		{
			ID: "maestro:issue-code", Version: 2, Origin: "maestro", Comment: new("it panics in open()"),
			Culprit:    &report.Culprit{Code: new(true), Harness: new(false)},
			Categories: []string{"kernel.panic", "kernel.oops"}, ReportURL: new("https://lore.example.org/1"), ReportSubject: new("panic in open()"),
			Misc: json.RawMessage(`{"pattern": "EPERM"}`), Timestamp: ago(25),
		},
		{ID: "redhat:issue-harness", Version: 1, Origin: "redhat", Culprit: &report.Culprit{Harness: new(true)}, Timestamp: ago(24)},
		{
			ID: "maestro:issue-idle", Version: 1, Origin: "maestro", Comment: new("nobody saw it"), Culprit: &report.Culprit{Tool: new(true)},
			Categories: []string{"tool"}, Timestamp: ago(50),
		},
	}
}

// worldIncidents returns the incidents.
//
//	incident        issue                   of
//	maestro:n-1     maestro:issue-code, 1   test t-mid-read
//	maestro:n-2     maestro:issue-code, 2   build b-fail
//	maestro:n-3     maestro:issue-code, 2   test t-nfs
//	maestro:n-4     maestro:issue-code, 2   test t-open, where it is not present
//	redhat:n-5      redhat:issue-harness    test t-open
//
// So there is no issue of b-error (ERROR), b-miss (MISS), t-error (ERROR), t-miss
// (MISS) and t-nopath (FAIL).
func worldIncidents() []report.Incident {
	incident := func(id, issue string, version int, present bool) report.Incident {
		return report.Incident{ID: id, Origin: originOf(id), IssueID: issue, IssueVersion: version, Present: &present}
	}
	all := []report.Incident{
		incident("maestro:n-1", "maestro:issue-code", 1, true),
		incident("maestro:n-2", "maestro:issue-code", 2, true),
		incident("maestro:n-3", "maestro:issue-code", 2, true),
		incident("maestro:n-4", "maestro:issue-code", 2, false),
		incident("redhat:n-5", "redhat:issue-harness", 1, true),
	}
	all[0].TestID = new("maestro:t-mid-read")
	all[1].BuildID = new("maestro:b-fail")
	all[2].TestID = new("maestro:t-nfs")
	all[3].TestID = new("maestro:t-open")
	all[4].TestID = new("maestro:t-open")
	return all
}

func originOf(id string) string {
	origin, _, _ := strings.Cut(id, ":")
	return origin
}

// A submitter could send the world.
func TestWorld(t *testing.T) {
	if _, err := report.Decode(world().AppendJSON(nil)); err != nil {
		t.Error(err)
	}
}
