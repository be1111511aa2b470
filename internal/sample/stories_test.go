// SPDX-License-Identifier: Apache-2.0

package sample_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/report"
)

// TestStoriesAreValid: each report is valid, no object comes before its parents, and
// the number of tests is moderate.
func TestStoriesAreValid(t *testing.T) {
	inOneGoroutine(t)
	for _, now := range storyTimes {
		known := map[string]bool{}
		tests := 0
		var line []byte
		for r := range sample.Stories(now) {
			line = r.AppendJSON(line[:0])
			if back, err := report.Decode(line); err != nil || back.Count() != r.Count() {
				t.Fatalf("%v: %v\n%.2000s", now, err, line)
			}
			for _, o := range r.Checkouts {
				known["checkout "+o.ID] = true
			}
			for _, o := range r.Builds {
				if known["build "+o.ID] || !known["checkout "+o.CheckoutID] {
					t.Fatalf("%v: build %s comes twice, or before its checkout", now, o.ID)
				}
				known["build "+o.ID] = true
			}
			for _, o := range r.Tests {
				if known["test "+o.ID] || !known["build "+o.BuildID] {
					t.Fatalf("%v: test %s comes twice, or before its build", now, o.ID)
				}
				known["test "+o.ID] = true
			}
			for _, o := range r.Issues {
				known[fmt.Sprint("issue ", o.ID, o.Version)] = true
			}
			for _, o := range r.Incidents {
				if o.BuildID != nil && !known["build "+*o.BuildID] || o.TestID != nil && !known["test "+*o.TestID] || !known[fmt.Sprint("issue ", o.IssueID, o.IssueVersion)] {
					t.Fatalf("%v: incident %s comes before its issue or object", now, o.ID)
				}
			}
			tests += len(r.Tests)
		}
		if tests < 15_000 || tests > 25_000 {
			t.Errorf("%v: %d tests", now, tests)
		}
	}
}

func TestStoriesAreDeterministic(t *testing.T) {
	inOneGoroutine(t)
	sum := func(now time.Time) string {
		h := sha256.New()
		for r := range sample.Stories(now) {
			h.Write(r.AppendJSON(nil))
		}
		return string(h.Sum(nil))
	}
	now := storyTimes[0]
	first := sum(now)
	if sum(now.In(time.FixedZone("", 3600)).Add(time.Millisecond)) != first {
		t.Error("the same time gives other reports")
	}
	if sum(now.Add(time.Hour)) == first {
		t.Error("an hour later the reports are the same")
	}
	for range sample.Stories(now) {
		break // the caller may stop
	}
}

// TestStoriesEndNow: objects arrive in order, the last some minutes before now, and each
// tree has a new revision.
func TestStoriesEndNow(t *testing.T) {
	inOneGoroutine(t)
	for _, now := range storyTimes {
		var last time.Time
		next := func(at, start *time.Time) {
			t.Helper()
			if at == nil || at.Before(last) || at.After(now) || start != nil && start.After(*at) {
				t.Fatalf("now %v: an object of %v arrives at %v, after one at %v", now, start, at, last)
			}
			last = *at
		}
		for r := range sample.Stories(now) {
			for _, o := range r.Checkouts {
				next(o.Timestamp, o.StartTime)
			}
			for _, o := range r.Builds {
				next(o.Timestamp, o.StartTime)
			}
			for _, o := range r.Tests {
				next(o.Timestamp, o.StartTime)
			}
			for _, o := range r.Issues {
				next(o.Timestamp, nil)
			}
			for _, o := range r.Incidents {
				next(o.Timestamp, nil)
			}
		}
		if now.Sub(last) > 20*time.Minute {
			t.Errorf("now %v: the last object arrived at %v", now, last)
		}
	}
	eachStoryTime(t, func(t *testing.T, b *book) {
		if len(b.revisions) != 9 {
			t.Errorf("branches: %v", slices.Sorted(maps.Keys(b.revisions)))
		}
		for name, revisions := range b.revisions {
			age := b.now.Sub(revisions[0].start)
			if len(revisions) < 12 || len(revisions) > 16 || age > 21*time.Hour && name != "next/master" || age > 72*time.Hour {
				t.Errorf("%s has %d revisions, the newest is %v old", name, len(revisions), age)
			}
			names := map[string]bool{}
			for _, rev := range revisions {
				if names[rev.name] {
					t.Errorf("%s has two revisions %s", name, rev.name)
				}
				names[rev.name] = true
			}
		}
		for _, rev := range b.revisions["next/master"] {
			if day := rev.start.Weekday(); rev.name != "next-"+rev.start.Format("20060102") || day == time.Saturday || day == time.Sunday {
				t.Errorf("linux-next of %v has the name %s", rev.start, rev.name)
			}
		}
		for _, rev := range b.revisions[b.branch("stable")] {
			if !strings.HasPrefix(rev.name, "v") || !strings.Contains(rev.name, "-rc") {
				t.Errorf("a stable candidate has the name %s", rev.name)
			}
		}
	})
}

// TestStoriesOfTests: the results of the stories, at the revisions of their branches. Only
// the first revisions are compared.
func TestStoriesOfTests(t *testing.T) {
	inOneGoroutine(t)
	cases := []struct{ story, branch, path, platform, build, want string }{
		{"new on a virtual machine", "next/master", "xfstests.generic.091", "qemu-x86_64", "", "FPPPPP"},
		{"new on a board", "next/master", "xfstests.xfs.538", "meson-g12b-a311d-khadas-vim3", "", "FPPPPP"},
		{"new in the third lab", "next/master", "xfstests.generic.521", "k3-am625-verdin-wifi-mallow", "", "FPPPPP"},
		{"does not boot", "next/master", "boot", "rk3588-rock-5b", "", "FPPPPP"},
		{"not tested, because it does not boot", "next/master", "kselftest.arm64", "rk3588-rock-5b", "", "LPPPPP"},
		{"does not build", "next/master", "", "", "riscv allmodconfig clang-21", "FPPPPP"},
		{"builds with another compiler", "next/master", "", "", "riscv allmodconfig gcc-14", "PPPPPP"},
		{"new in stable", "stable", "kunit.drm_buddy.drm_test_buddy_alloc_pessimistic", "qemu-i386", "", "FPPPPP"},
		{"only on i386", "stable", "kunit.drm_buddy.drm_test_buddy_alloc_pessimistic", "qemu-x86_64", "", "PPPPPP"},
		{"not in the long-term branch", "lts", "kunit.drm_buddy.drm_test_buddy_alloc_pessimistic", "qemu-i386", "", "PPPPPP"},
		{"still failing since two", "next/master", "rt.cyclictest", "imx8mp-verdin-nonwifi-dahlia", "", "FFFPPP"},
		{"still failing since four", "next/master", "kselftest.net.fib_nexthops", "qemu-arm64", "", "FFFFFPPP"},
		{"inherited from", "net-next/main", "kselftest.net.fib_nexthops", "meson-g12b-a311d-khadas-vim3", "", "FFFFFFFFFFPPP"},
		{"still not building", "next/master", "", "", "mips 32r2el_defconfig gcc-14", "FFFFFFPPP"},
		{"still failing in the long-term branch", "lts", "ltp.mm.thp04", "imx8mp-verdin-nonwifi-dahlia", "", "FFFFFFFPPPPP"},
		{"fixed", "next/master", "kselftest.seccomp.seccomp_bpf", "qemu-x86_64", "", "PFFFPP"},
		{"fixed in android", "android", "kselftest.binder.binderfs_test", "rk3588-rock-5b", "", "PFFFFPP"},
		{"fails and passes", "next/master", "ltp.syscalls.fanotify14", "qemu-x86_64", "", "BP"},
		{"known", "next/master", "kselftest.breakpoints.step_after_suspend_test", "mt8183-kukui-jacuzzi-juniper-sku16", "", "FFFFFFFFFPPPPP"},
		{"known elsewhere", "mainline/master", "ltp.syscalls.fork14", "qemu-riscv64", "", "?FFFFFFFFFFPPPPP"},
		{"known build", "mainline/master", "", "", "arm allmodconfig gcc-14", "FFFFFFFFFFFFFFFF"},
		{"passes", "tip/master", "ltp.syscalls.fork14", "qemu-x86_64", "", "PPPPPPPPPPPP"},
	}
	eachStoryTime(t, func(t *testing.T, b *book) {
		for _, c := range cases {
			got := b.history(b.branch(c.branch), c.path, c.platform, c.build)
			if strings.HasPrefix(c.want, "?") { // the newest revision is still being tested
				got = "?" + got[1:]
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %s %s is %s, want %s", c.story, c.path, c.build, got, c.want)
			}
		}
		seldom := b.history("mainline/master", "ltp.syscalls.fanotify14", "qemu-x86_64", "") +
			b.history("next/master", "xfstests.generic.475", "qemu-arm64", "") +
			b.history(b.branch("lts"), "ltp.syscalls.fanotify14", "azure", "")
		if n := strings.Count(seldom, "F") + strings.Count(seldom, "B"); n < 2 || n > len(seldom)/2 {
			t.Errorf("the flaky tests are %s", seldom)
		}
	})
}

// TestStoriesOfLogs: the logs say why, with some dozen lines, and the results of one
// cause have one fault line.
func TestStoriesOfLogs(t *testing.T) {
	inOneGoroutine(t)
	b := books[storyTimes[0]]()
	newest := b.revisions["next/master"][0]
	warned := map[string]bool{}
	for _, o := range newest.tests {
		if *o.Status == report.StatusFail && strings.HasPrefix(*o.Path, "xfstests.") && strings.Contains(*o.LogExcerpt, "WARNING: fs/iomap/iter.c:34 at iomap_iter_advance") {
			warned[platform(o)] = true
			if !strings.Contains(*o.LogExcerpt, newest.name) {
				t.Errorf("the log of %s is of another kernel:\n%s", *o.Path, *o.LogExcerpt)
			}
		}
		if o.Origin == "maestro" && *o.Path == "boot" && *o.Status != report.StatusMiss && *o.Status != report.StatusError &&
			(strings.Count(*o.LogExcerpt, "\n") < 20 || o.LogURL == nil || len(o.InputFiles) == 0 || len(o.OutputFiles) == 0) {
			t.Errorf("a boot of %s has little log or files: %d lines", platform(o), strings.Count(*o.LogExcerpt, "\n"))
		}
	}
	if len(warned) != 5 {
		t.Errorf("the warning is on %v", warned)
	}
	for _, o := range newest.builds {
		if *o.Command == "" || o.LogURL == nil || strings.Count(*o.LogExcerpt, "\n") < 4 {
			t.Errorf("build %s: %s", variant(o), *o.Command)
		}
		if *o.Status == report.StatusFail && !strings.Contains(strings.ToLower(*o.LogExcerpt), "error:") {
			t.Errorf("the log of the failed build %s says\n%s", variant(o), *o.LogExcerpt)
		}
	}
	for _, o := range b.tests {
		if excerpt := o.LogExcerpt; excerpt != nil {
			for _, word := range []string{"PLATFORM", "VERSION", " CASE", "/CASE", "-JOB"} {
				if strings.Contains(*excerpt, word) {
					t.Fatalf("%s is not filled in:\n%s", word, *excerpt)
				}
			}
		}
	}
}

// TestStoriesOfOrigins: several origins report a commit, not all of them name its tree,
// and one uses a mirror. One tested each hour and is silent.
func TestStoriesOfOrigins(t *testing.T) {
	inOneGoroutine(t)
	eachStoryTime(t, func(t *testing.T, b *book) {
		origins, urls := map[string]bool{}, map[string]bool{}
		unnamed := 0
		for _, c := range b.revisions["mainline/master"][2].checkouts {
			origins[c.Origin], urls[*c.GitRepositoryURL] = true, true
			if c.TreeName == nil {
				unnamed++
			}
		}
		if len(origins) != 4 || len(urls) != 2 || unnamed != 2 {
			t.Errorf("a revision of mainline has the origins %v, the repositories %v, and %d checkouts without a tree", origins, urls, unnamed)
		}
		var arrivals []time.Time
		labs, platforms := map[string]bool{}, map[string]bool{}
		for _, o := range b.tests {
			platforms[platform(o)] = true
			labs[misc(o.Misc, "runtime")] = true
			if o.Origin == "redhat" {
				arrivals = append(arrivals, *o.Timestamp)
			}
		}
		slices.SortFunc(arrivals, time.Time.Compare)
		last := arrivals[len(arrivals)-1]
		if silent := b.now.Sub(last); silent < 26*time.Hour || silent > 28*time.Hour {
			t.Errorf("redhat is silent for %v", silent)
		}
		for i, at := range arrivals[1:] {
			if gap := at.Sub(arrivals[i]); gap > 90*time.Minute && last.Sub(at) < 14*24*time.Hour {
				t.Errorf("redhat was silent for %v before %v", gap, at)
			}
		}
		if len(labs) < 5 || len(platforms) < 12 {
			t.Errorf("labs %v, platforms %v", labs, platforms)
		}
	})
}

// TestStoriesOfWaiting: the newest of mainline is built and hardly tested, and that of
// arm64 is not tested.
func TestStoriesOfWaiting(t *testing.T) {
	inOneGoroutine(t)
	eachStoryTime(t, func(t *testing.T, b *book) {
		mainline := b.revisions["mainline/master"]
		if len(mainline[0].builds) < 20 || len(mainline[0].tests) == 0 || len(mainline[0].tests) > len(mainline[2].tests)/3 {
			t.Errorf("the newest of mainline has %d builds and %d tests, an older one %d tests", len(mainline[0].builds), len(mainline[0].tests), len(mainline[2].tests))
		}
		for i, rev := range mainline[:3] {
			for _, c := range rev.checkouts {
				if c.Origin == "maestro" && (c.OriginBuildsFinishTime == nil || (c.OriginTestsFinishTime == nil) != (i == 0)) {
					t.Errorf("maestro finished %s: builds %v, tests %v", rev.name, c.OriginBuildsFinishTime, c.OriginTestsFinishTime)
				}
			}
		}
		arm64 := b.revisions["arm64/for-next/core"]
		if len(arm64[0].builds) != len(arm64[1].builds) || len(arm64[0].tests) != 0 || len(arm64[1].tests) == 0 {
			t.Errorf("the newest of arm64 has %d builds and %d tests", len(arm64[0].builds), len(arm64[0].tests))
		}
	})
}

// TestStoriesOfTheLab: lava-harbour was out for some hours, and worked before and
// after. An issue says so.
func TestStoriesOfTheLab(t *testing.T) {
	inOneGoroutine(t)
	eachStoryTime(t, func(t *testing.T, b *book) {
		lost := map[report.Status]int{}
		codes := map[string]bool{}
		for _, o := range b.tests {
			if misc(o.Misc, "runtime") != "lava-harbour" {
				continue
			}
			age := b.now.Sub(*o.StartTime)
			out := age > 3*time.Hour+15*time.Minute && age < 6*time.Hour
			if failed := misc(o.Misc, "error_msg") == "503 Service Unavailable"; failed != out {
				t.Fatalf("a job of lava-harbour %v before now: %s", age, o.Misc)
			}
			if out {
				lost[*o.Status]++
				codes[misc(o.Misc, "error_code")] = true
			}
		}
		if lost[report.StatusMiss] < 2 || lost[report.StatusError] < 2 || len(lost) != 2 || !codes["submit_error"] {
			t.Errorf("lost jobs: %v with %v", lost, codes)
		}
		if n := len(b.seen("maestro:lava-harbour-503", true)); n < 2 {
			t.Errorf("%d incidents of the outage", n)
		}
	})
}

// TestStoriesOfIssues: each failure of a known issue has an incident, and no other
// failure has.
func TestStoriesOfIssues(t *testing.T) {
	inOneGoroutine(t)
	eachStoryTime(t, func(t *testing.T, b *book) {
		if len(b.issues) != 5 || len(b.issues["maestro:mwifiex-lock"]) != 3 {
			t.Errorf("issues: %v", b.issues)
		}
		culprits := map[string]bool{}
		for id, versions := range b.issues {
			newest := versions[len(versions)-1]
			if newest.Version != len(versions) || newest.ReportURL == nil || len(b.seen(id, true)) == 0 {
				t.Errorf("issue %s: %+v, %d incidents", id, newest, len(b.seen(id, true)))
			}
			for name, is := range map[string]*bool{"code": newest.Culprit.Code, "tool": newest.Culprit.Tool, "harness": newest.Culprit.Harness} {
				if is != nil && *is {
					culprits[name] = true
				}
			}
		}
		if len(culprits) != 3 {
			t.Errorf("culprits: %v", culprits)
		}
		if len(b.seen("maestro:omap2-section", false)) == 0 {
			t.Error("no build was searched for an issue in vain")
		}
		known := map[string]bool{}
		for _, i := range b.incidents {
			switch {
			case !*i.Present:
			case i.TestID != nil:
				known[*i.TestID] = true
			default:
				known[*i.BuildID] = true
			}
		}
		for _, rev := range b.revisions["next/master"] {
			for _, o := range rev.tests {
				isKnown := *o.Path == "ltp.syscalls.fork14" || *o.Path == "kselftest.alsa.mixer-test_event_missing" || *o.Path == "kselftest.breakpoints.step_after_suspend_test"
				if *o.Status == report.StatusFail && known[o.ID] != isKnown {
					t.Errorf("%s: %s fails, known %v", rev.name, *o.Path, known[o.ID])
				}
			}
			for _, o := range rev.builds {
				if *o.Status == report.StatusFail && known[o.ID] != (*o.Architecture == "arm") {
					t.Errorf("%s: %s fails, known %v", rev.name, variant(o), known[o.ID])
				}
			}
		}
	})
}

// TestStoriesOfNumbers: numbers have units, stay near a usual value, and one jumps.
func TestStoriesOfNumbers(t *testing.T) {
	inOneGoroutine(t)
	eachStoryTime(t, func(t *testing.T, b *book) {
		var rates []float64 // newest first
		for _, rev := range b.revisions["mainline/master"][1:] {
			for _, o := range rev.tests {
				if *o.Path == "perf.will-it-scale.page_fault1" {
					rates = append(rates, o.Number.Value)
					if *o.Number.Unit != "ops/s" || *o.Status != report.StatusDone {
						t.Errorf("%+v, %s", *o.Number, *o.Status)
					}
				}
			}
		}
		if len(rates) != 15 {
			t.Fatalf("%d numbers", len(rates))
		}
		for i, rate := range rates {
			usual := rates[14]
			if i < 3 {
				usual = usual * 7 / 8
			}
			if rate < usual*0.97 || rate > usual*1.03 {
				t.Errorf("number %d is %v, usual is %v", i, rate, usual)
			}
		}
		units := map[string]bool{}
		for _, o := range b.tests {
			if o.Number != nil {
				units[*o.Number.Unit] = true
			}
			if *o.Path == "rt.cyclictest" && (o.Number.Value > 150e-6) != (*o.Status == report.StatusFail) {
				t.Errorf("a latency of %v s is %s", o.Number.Value, *o.Status)
			}
		}
		if len(units) < 4 {
			t.Errorf("units: %v", units)
		}
	})
}

// TestStoriesOfPatches: four series on net-next, of which one does not apply and one
// breaks a test.
func TestStoriesOfPatches(t *testing.T) {
	inOneGoroutine(t)
	eachStoryTime(t, func(t *testing.T, b *book) {
		outcomes := map[string]int{}
		for _, c := range b.checkouts {
			if *c.PatchsetHash == "" {
				continue
			}
			if len(c.PatchsetFiles) == 0 || c.MessageID == nil || len(*c.PatchsetHash) != 64 {
				t.Errorf("patches: %+v", c)
			}
			outcomes["sent"]++
			if !*c.Valid && strings.Contains(*c.LogExcerpt, "CONFLICT") {
				outcomes["do not apply"]++
			}
		}
		for _, o := range b.tests {
			c := b.checkouts[b.builds[o.BuildID].CheckoutID]
			if *o.Path == "kselftest.net.tcp_ao.rst" && *c.PatchsetHash != "" {
				outcomes[string(*o.Status)]++
			}
		}
		if want := (map[string]int{"sent": 4, "do not apply": 1, "PASS": 2, "FAIL": 1}); !maps.Equal(outcomes, want) {
			t.Errorf("patches: %v, want %v", outcomes, want)
		}
	})
}
