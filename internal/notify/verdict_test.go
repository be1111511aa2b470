// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// TestVerdict: mails about tests, and about a revision, say the verdict that pages show. A
// mail says none if its object is not judged yet.
func TestVerdict(t *testing.T) {
	h := newTestbed(t, map[string]string{
		"tests.yaml":    "on: test\nselect: {now: [FAIL, MISS]}\nto: [dev@example.org]\n",
		"revision.yaml": "on: revision\nselect: {now: FAIL}\nwait: 1h\nto: [dev@example.org]\n",
	})
	judge := &verdicts.Judge{DB: verdicts.Of(h.store), Now: h.clock.Now, Log: slog.New(slog.DiscardHandler)}
	load := func(n int, tests ...string) {
		objects := fmt.Sprintf(`"checkouts": [{"id": "ci:c%d", "origin": "ci", "tree_name": "next", "git_repository_url": "https://example.org/next.git",
			"git_repository_branch": "master", "git_commit_hash": "%040d", "git_commit_name": "v%d", "patchset_hash": "", "start_time": "2026-01-0%dT00:00:00Z"}],
			"builds": [{"id": "ci:b%d", "origin": "ci", "checkout_id": "ci:c%d", "architecture": "arm64", "status": "PASS"}],
			"issues": [{"id": "ci:i", "version": 1, "origin": "ci"}],
			"incidents": [{"id": "ci:n", "origin": "ci", "issue_id": "ci:i", "issue_version": 1, "test_id": "ci:known2"}],
			"tests": `, n, n, n, n, n, n)
		h.load(objects + list(len(tests), func(i int) string {
			path, status, _ := strings.Cut(tests[i], " ")
			return fmt.Sprintf(`{"id": "ci:%s%d", "origin": "ci", "build_id": "ci:b%d", "path": %q, "status": %q}`, path, n, n, path, status)
		}))
	}
	load(1, "boot PASS", "known PASS", "lab PASS", "late PASS")
	load(2, "boot FAIL", "known FAIL", "lab MISS")
	if n, err := judge.Once(t.Context()); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	load(2, "late FAIL")
	h.work()
	h.clock.move(2 * time.Hour)
	h.work()
	line := regexp.MustCompile(`(?m)^Verdict: +(.*?)\r?$`)
	field := regexp.MustCompile(`<dt>Verdict</dt><dd>(.*?)</dd>`)
	got := map[string]string{}
	for _, m := range h.mails.Messages() {
		_, object, _ := strings.Cut(h.parse(m.Data).Header.Get("X-KCIDB-Notification-ID"), " ")
		parts := h.parts(m.Data)
		for i, pattern := range []*regexp.Regexp{line, field} {
			verdict := ""
			if found := pattern.FindStringSubmatch(parts[i]); found != nil {
				verdict = found[1]
			}
			if before, ok := got[object]; ok && !strings.HasPrefix(verdict, before) { // the text breaks lines
				t.Errorf("%s: the text says %q, the HTML %q", object, before, verdict)
			}
			got[object] = verdict
		}
	}
	for object, want := range map[string]string{
		"test[ci:boot2]":  "NEW: it passed at v1",
		"test[ci:known2]": "KNOWN: it fails by a known issue",
		"test[ci:lab2]":   "LAB: it says nothing about the kernel, because the harness failed",
		"test[ci:late2]":  "",
		`revision[` + fmt.Sprintf("%040d", 2) + `, ""]`: "Worse than v1: boot does not boot.",
	} {
		if verdict, ok := got[object]; !ok || verdict != want {
			t.Errorf("%s: %q, want %q; mails about %v", object, verdict, want, got)
		}
	}
}
