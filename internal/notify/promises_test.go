// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPromises holds each example subscription to its description: it notifies about
// the objects that it promises, and about no similar objects.
func TestPromises(t *testing.T) {
	h := newTestbed(t, examples(t))
	const stable, next, net = "stable/linux-stable-rc.git", "next/linux-next.git", "netdev/net.git"
	commit := func(n int) string { return fmt.Sprintf("%040d", n) }
	n := 0
	// checkout loads one with its builds and tests.
	checkout := func(origin, repository, branch, valid, builds, tests string) {
		n++
		text := fmt.Sprintf(`"checkouts": [{"id": "ORIGIN:c%d", "origin": "ORIGIN", "git_repository_url": "https://git.kernel.org/pub/scm/linux/kernel/git/%s",
			"git_repository_branch": "%s", "git_commit_hash": "%s", "git_commit_name": "v%d", "start_time": "2026-01-%02dT00:00:00Z", "valid": %s}],
			"builds": [%s], "tests": [%s]`, n, repository, branch, commit(n), n, n, valid, builds, tests)
		h.load(strings.NewReplacer("ORIGIN", origin, "CHECKOUT", fmt.Sprintf("%s:c%d", origin, n), "BUILD", fmt.Sprintf("%s:b%d", origin, n)).Replace(text))
		h.step("consider", h.Consider)
	}
	build := func(arch, status string) string {
		return fmt.Sprintf(`{"id": "BUILD", "origin": "ORIGIN", "checkout_id": "CHECKOUT", "architecture": %q, "config_name": "defconfig", "status": %q}`, arch, status)
	}
	tests := 0
	test := func(path, status, more string) string {
		tests++
		return fmt.Sprintf(`{"id": "ORIGIN:t%d", "origin": "ORIGIN", "build_id": "BUILD", "path": %q, "status": %q%s}`, tests, path, status, more)
	}
	var builds []string
	for i := range 4 {
		builds = append(builds, strings.ReplaceAll(build("mips", "FAIL"), `"BUILD"`, fmt.Sprintf(`"BUILD-%d"`, i)))
	}
	checkout("maestro", "torvalds/linux.git", "master", "true", build("arm64", "PASS"), test("boot", "PASS", ""))
	checkout("maestro", "torvalds/linux.git", "elsewhere", "true", build("arm64", "PASS"), test("boot", "PASS", ""))
	checkout("maestro", stable, "linux-6.12.y", "true", build("arm64", "PASS"), "")
	checkout("somebody", stable, "linux-6.12.y", "true", build("arm64", "PASS"), "")
	checkout("maestro", stable, "linux-5.15.y", "true", build("arm64", "PASS"), "")
	checkout("maestro", next, "master", "true", strings.Join(builds, ","), "")
	checkout("maestro", next, "pending-fixes", "true", build("mips", "FAIL"), "")
	checkout("maestro", net, "main", "true", build("s390x", "PASS"), test("kselftest.net.tls", "FAIL", "")+","+test("kselftest.mm.x", "PASS", ""))
	checkout("maestro", "other/other.git", "main", "true", build("riscv", "PASS"), test("kselftest.dt.i2c", "PASS", ""))
	checkout("maestro", "other/other.git", "main", "true", build("riscv", "FAIL"), "")
	checkout("maestro", "other/other.git", "quiet", "true", build("arm64", "PASS"), test("kselftest.dt.i2c", "PASS", ""))
	checkout("maestro", "other/other.git", "quiet", "true", build("arm64", "PASS"),
		test("kselftest.dt.i2c", "FAIL", "")+","+test("kselftest.dt.spi", "FAIL", ""))
	checkout("maestro", "other/other.git", "lab", "true", build("arm", "PASS"), test("ltp.x", "MISS", `, "misc": {"runtime": "lab-example-1"}`)+","+
		test("ltp.x", "MISS", `, "misc": {"runtime": "lab-other"}`)+","+
		test("boot", "FAIL", `, "environment": {"compatible": ["google,x", "qcom,sc7180"]}`))
	checkout("maestro", "other/other.git", "bad", "false", "", "")
	checkout("somebody", "other/other.git", "bad", "false", "", "")
	checkout("maestro", "torvalds/linux.git", "suite", "true", build("arm64", "PASS"), test("kselftest.net.x", "FAIL", ""))
	issue := func(version int, code string) {
		h.load(fmt.Sprintf(`"issues": [{"id": "ci:i%s", "origin": "ci", "version": %d, "culprit": {"code": %[1]s}}], "incidents": [{"id": "ci:n%[1]s%[2]d",
			"origin": "ci", "issue_id": "ci:i%[1]s", "issue_version": %[2]d, "build_id": "maestro:b1", "present": true}]`, code, version))
		h.step("consider", h.Consider)
	}
	issue(1, "true")
	issue(2, "true")
	issue(1, "false")
	h.work()
	for range 3 {
		h.clock.move(24 * time.Hour)
		h.work()
	}
	got := map[string][]string{}
	for _, m := range h.mails.Messages() {
		id := h.parse(m.Data).Header.Get("X-KCIDB-Notification-ID")
		name, object, _ := strings.Cut(id, " ")
		if !slices.Contains(got[name], object) {
			got[name] = append(got[name], object)
		}
	}
	revision := func(n int) string { return fmt.Sprintf(`revision[%s, ""]`, commit(n)) }
	for name, want := range map[string][]string{
		"mainline": {revision(1)}, "stable-rc": {revision(3)}, "next": {revision(6)},
		"subsystem": {"test[maestro:t3]"}, "builds": {"build[maestro:b10]"}, "maintainer": {"test[maestro:t7]"},
		"lab": {"test[maestro:t9]"}, "board": {"test[maestro:t11]"},
		"submitter": {"checkout[maestro:c14]"}, "test-suite": {revision(16)}, "issues": {"issue_version[ci:itrue, 1]", "issue_version[ci:itrue, 2]"},
	} {
		if !slices.Equal(got[name], want) {
			t.Errorf("%s told of %v, want %v", name, got[name], want)
		}
	}
	feed, err := h.store.Spool().Feed(t.Context(), "all-new-issues", 10)
	if err != nil || len(feed) != 2 || feed[0].Object.ID[0] != "ci:ifalse" || feed[1].Object.ID[0] != "ci:itrue" {
		t.Errorf("the feed has %v, %v", feed, err)
	}
	if t.Failed() {
		t.Log(h.log)
	}
}
