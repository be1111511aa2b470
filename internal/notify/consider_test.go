// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

const failing = `
on: test
select: {status: FAIL, tree: next}
to: [dev@example.org]
subject: "{{.Object.Path}} {{.Was}}:{{.Now}}"
`

func TestTellsOnce(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing})
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "PASS"))
	h.work()
	h.expect()
	h.load(aTest("ci:t1", "FAIL"))
	h.work()
	h.expect("dev@example.org: boot PASS:FAIL")
	// Whatever else comes of it.
	h.load(aTest("ci:t1", "PASS"))
	h.load(aTest("ci:t1", "FAIL"))
	h.work()
	h.expect("dev@example.org: boot PASS:FAIL")
}

// TestLateParents notifies about a test when its build and checkout arrive, however
// late.
func TestLateParents(t *testing.T) {
	for name, order := range map[string][]string{
		"down":     {aCheckout, aBuild, aTest("ci:t1", "FAIL")},
		"up":       {aTest("ci:t1", "FAIL"), aBuild, aCheckout},
		"outside":  {aTest("ci:t1", "FAIL"), aCheckout, aBuild},
		"inside":   {aCheckout, aTest("ci:t1", "FAIL"), aBuild},
		"together": {strings.Join([]string{aCheckout, aBuild, aTest("ci:t1", "FAIL")}, ",")},
	} {
		t.Run(name, func(t *testing.T) {
			h := newTestbed(t, map[string]string{"failing.yaml": failing})
			for _, part := range order {
				h.load(part)
				h.work()
			}
			h.expect("dev@example.org: boot :FAIL")
		})
	}
}

// TestWaits sends when nothing came for a while, but no later than after the bound.
func TestWaits(t *testing.T) {
	h := newTestbed(t, map[string]string{"next.yaml": `
on: revision
match: object.repositories.exists(r, r.tree == "next")
to: [dev@example.org]
wait: 3h
at_most: 5h
subject: "{{.Object.Name}} {{len .Object.Builds.List}}"
`})
	h.load(aCheckout)
	h.work()
	h.clock.move(2 * time.Hour)
	h.expect()
	s := h.store.Spool()
	all, err := s.List(t.Context(), listAll)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	if wait := all[0].Due.Sub(all[0].Changed); wait != 3*time.Hour {
		t.Errorf("it waits %v", wait)
	}
	h.work()
	h.expect()
	h.clock.move(time.Hour + time.Minute)
	h.work()
	h.expect("dev@example.org: v1 0")
}

// TestMatchesNoMore drops what was over when it was due.
func TestMatchesNoMore(t *testing.T) {
	h := newTestbed(t, map[string]string{"broken.yaml": `
on: test
match: object.status == "FAIL"
to: [dev@example.org]
wait: 1h
`})
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	h.load(aTest("ci:t1", "PASS"))
	h.clock.move(2 * time.Hour)
	h.work()
	h.expect()
	all, err := h.store.Spool().List(t.Context(), listAll)
	if err != nil || len(all) != 1 || all[0].State != "dropped" || !strings.Contains(all[0].Reason, "did not match any more") {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestWas knows the status that things had before.
func TestWas(t *testing.T) {
	tell := `
on: %s
select: {tree: next}
match: was == "PASS" && now == "FAIL"
to: [dev@example.org]
subject: "%[1]s broke"
`
	h := newTestbed(t, map[string]string{
		"test.yaml":     strings.ReplaceAll(strings.ReplaceAll(tell, "%[1]s", "test"), "%s", "test"),
		"build.yaml":    strings.ReplaceAll(strings.ReplaceAll(tell, "%[1]s", "build"), "%s", "build"),
		"revision.yaml": strings.ReplaceAll(strings.ReplaceAll(tell, "%[1]s", "revision"), "%s", "revision"),
	})
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "PASS"))
	h.work()
	h.expect()
	// The next commit on the branch: the same build, and the same test, fail.
	second := strings.NewReplacer("ci:c1", "ci:c2", "1111", "2222", "2026-01-01", "2026-01-02", "v1", "v2").Replace(aCheckout)
	h.load(second + `, "builds": [{"id": "ci:b2", "origin": "ci", "checkout_id": "ci:c2", "architecture": "arm64", "config_name": "defconfig", "status": "FAIL"}]`)
	h.work()
	h.expect("dev@example.org: build broke")
	h.load(`"tests": [{"id": "ci:t2", "origin": "ci", "build_id": "ci:b2", "path": "boot", "status": "FAIL"}]`)
	h.work()
	h.expect("dev@example.org: build broke", "dev@example.org: test broke")
	h.load(aTest("ci:t9", "FAIL"))
	h.work()
	h.expect("dev@example.org: build broke", "dev@example.org: test broke", "dev@example.org: revision broke")
}

// TestLostRuns: inconclusive runs do not hide a regression, whether they are separate
// tests or earlier reports of the failing test.
func TestLostRuns(t *testing.T) {
	checkout := func(n int) string {
		return fmt.Sprintf(`"checkouts": [{"id": "ci:c%d", "origin": "ci", "git_repository_url": "https://example.org/next.git",
			"git_repository_branch": "master", "git_commit_hash": "%040d", "patchset_hash": "", "start_time": "2026-01-0%[1]dT00:00:00Z"}],
			"builds": [{"id": "ci:b%[1]d", "origin": "ci", "checkout_id": "ci:c%[1]d"}]`, n, n)
	}
	test := func(n int, status string) string {
		return fmt.Sprintf(`"tests": [{"id": "ci:t%d", "origin": "ci", "build_id": "ci:b%[1]d", "path": "boot"%s}]`, n, status)
	}
	for _, lost := range []string{`, "status": "MISS"`, `, "status": "SKIP"`, `, "status": "ERROR"`, `, "status": "DONE"`, ""} {
		for _, own := range []bool{false, true} {
			h := newTestbed(t, map[string]string{"net.yaml": "on: test\nselect: {was: PASS, now: FAIL}\nto: [dev@example.org]\nsubject: '{{.Was}}'\n"})
			h.load(checkout(1) + "," + test(1, `, "status": "PASS"`))
			n := 2
			h.load(checkout(n) + "," + test(n, lost))
			if !own {
				n++
				h.load(checkout(n))
			}
			h.work()
			h.load(test(n, `, "status": "FAIL"`))
			h.work()
			h.expect("dev@example.org: PASS")
		}
	}
}

// TestIssueReturns notifies about an issue that is new, and that returns after it was
// gone.
func TestIssueReturns(t *testing.T) {
	h := newTestbed(t, map[string]string{"issue.yaml": `
on: issue
match: now == "FAIL" && was != "FAIL"
id: 'was == "" ? "new" : "back"'
to: [dev@example.org]
subject: "{{.Object.ID}} was {{.Was}}"
`})
	incident := func(id string, present string) string {
		return `"incidents": [{"id": "ci:` + id + `", "origin": "ci", "issue_id": "ci:i1", "issue_version": 1, "build_id": "ci:b1", "present": ` + present + `}]`
	}
	h.load(`"issues": [{"id": "ci:i1", "version": 1, "origin": "ci"}]`)
	h.work()
	h.expect()
	h.load(incident("n1", "true"))
	h.work()
	h.load(incident("n2", "true"))
	h.work()
	h.expect("dev@example.org: ci:i1 was")
	h.load(incident("n3", "false"))
	h.work()
	h.load(incident("n4", "true"))
	h.work()
	h.expect("dev@example.org: ci:i1 was", "dev@example.org: ci:i1 was PASS")
}

// TestRuleFails counts rules that fail, and goes on.
func TestRuleFails(t *testing.T) {
	h := newTestbed(t, map[string]string{
		"bad.yaml":     "on: test\nmatch: object.misc[\"nothing\"] == \"x\"\nto: [dev@example.org]\n",
		"failing.yaml": failing,
	})
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	h.expect("dev@example.org: boot :FAIL")
	counters, err := h.store.Spool().Counters(t.Context(), "")
	if err != nil || len(counters) != 2 || counters[0].Errors != 1 || !strings.Contains(counters[0].LastError, "test[ci:t1]") ||
		counters[1].Objects != 1 || counters[1].Matched != 1 {
		t.Errorf("%+v, %v", counters, err)
	}
}

// TestReload reads files when they change, and keeps what was good.
func TestReload(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing})
	h.write("failing.yaml", "on: nothing")
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	h.expect("dev@example.org: boot :FAIL")
	if problems := h.Folder.Problems(); len(problems) == 0 || problems[0].File != "failing.yaml" {
		t.Errorf("%v", problems)
	}
	h.write("failing.yaml", strings.ReplaceAll(failing, "dev@", "other@"))
	h.load(aTest("ci:t2", "FAIL"))
	h.work()
	h.expect("dev@example.org: boot :FAIL", "other@example.org: boot :FAIL")
}

// TestDroppedComesBack arms again what was dropped, when it matches again.
func TestDroppedComesBack(t *testing.T) {
	h := newTestbed(t, map[string]string{"done.yaml": "on: revision\nmatch: object.builds.done\nto: [dev@example.org]\nwait: 1h\nsubject: done\n"})
	h.load(aCheckout + "," + aBuild)
	h.work()
	// Another origin begins with the revision.
	h.load(strings.NewReplacer("ci:c1", "lab:c1", `"ci"`, `"lab"`).Replace(aCheckout))
	h.clock.move(2 * time.Hour)
	h.work()
	h.expect()
	h.load(strings.NewReplacer("ci:", "lab:", `"ci"`, `"lab"`).Replace(aBuild))
	h.clock.move(2 * time.Hour)
	h.work()
	h.expect("dev@example.org: done")
}

// TestCreated: a revision or an issue is new with its first part only.
func TestCreated(t *testing.T) {
	files := map[string]string{}
	for _, typ := range []string{"revision", "checkout", "build", "test", "issue", "issue_version", "incident"} {
		for _, wait := range []string{"0s", "1h"} {
			files[typ+wait+".yaml"] = "on: " + typ + "\nmatch: created\nto: [dev@example.org]\nsubject: new " + typ + "\nwait: " + wait + "\n"
		}
	}
	h := newTestbed(t, files)
	all := aCheckout + "," + aBuild + "," + aTest("ci:t1", "PASS") + `, "issues": [{"id": "ci:i1", "version": 1, "origin": "ci"}],
		"incidents": [{"id": "ci:n1", "origin": "ci", "issue_id": "ci:i1", "issue_version": 1, "build_id": "ci:b1", "present": true}]`
	h.load(all)
	h.work()
	h.clock.move(2 * time.Hour)
	h.work()
	h.load(strings.NewReplacer("ci:c1", "ci:c2", "ci:b1", "ci:b2", "ci:t1", "ci:t2", "ci:n1", "ci:n2", `"version": 1`, `"version": 2`, "issue_version\": 1", "issue_version\": 2").Replace(all))
	h.work()
	h.clock.move(2 * time.Hour)
	h.work()
	var want []string
	for _, typ := range []string{"revision", "checkout", "build", "test", "issue", "issue_version", "incident"} {
		n := 4
		if typ == "revision" || typ == "issue" {
			n = 2 // the second checkout is of the same revision
		}
		for range n {
			want = append(want, "dev@example.org: new "+typ)
		}
	}
	h.expect(want...)
}

// TestIssueGone: an issue that incidents report as absent has the status PASS.
func TestIssueGone(t *testing.T) {
	gone := "on: issue_version\nselect: {was: FAIL, now: PASS}\nto: [dev@example.org]\nsubject: 'gone: {{.Was}} {{.Now}}'\n"
	h := newTestbed(t, map[string]string{"now.yaml": gone, "later.yaml": gone + "wait: 1h\n"})
	for i, present := range []string{"true", "false"} {
		h.load(fmt.Sprintf(`"issues": [{"id": "ci:i1", "version": 1, "origin": "ci"}], "incidents": [{"id": "ci:n%d", "origin": "ci",
			"issue_id": "ci:i1", "issue_version": 1, "build_id": "ci:b1", "present": %s}]`, i, present))
		h.work()
	}
	h.clock.move(2 * time.Hour)
	h.work()
	h.expect("dev@example.org: gone: FAIL PASS", "dev@example.org: gone: FAIL PASS")
}

// TestIssueQuiet notifies again about an issue that was not seen for long.
func TestIssueQuiet(t *testing.T) {
	h := newTestbed(t, map[string]string{"issue.yaml": "on: issue_version\nselect: {now: FAIL, was: PASS}\nto: [dev@example.org]\nsubject: back\n"})
	incident := `"issues": [{"id": "ci:i1", "version": 1, "origin": "ci"}], "incidents": [{"id": "ci:n1", "origin": "ci",
		"issue_id": "ci:i1", "issue_version": 1, "build_id": "ci:b1", "present": true}]`
	h.load(incident)
	h.work()
	h.load(strings.ReplaceAll(incident, "n1", "n2"))
	h.work()
	h.expect()
	// As if it had been long ago.
	err := sqldb.Of(h.store).Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE statuses SET at = at - $1", (15 * 24 * time.Hour).Microseconds())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.load(strings.ReplaceAll(incident, "n1", "n3"))
	h.work()
	h.expect("dev@example.org: back")
}

// brokenStore fails to find checkouts of revisions, while it is broken.
type brokenStore struct {
	database
	broken bool
}

func (s *brokenStore) Match(ctx context.Context, patterns []object.Pattern, opts store.MatchOptions) iter.Seq2[*object.Set, error] {
	if s.broken && patterns[0].Type == object.TypeCheckout {
		return func(yield func(*object.Set, error) bool) { yield(nil, store.ErrUnavailable) }
	}
	return s.database.Match(ctx, patterns, opts)
}

// TestBrokenStore considers nothing while the database cannot be read, and all changes
// afterwards.
func TestBrokenStore(t *testing.T) {
	h := newTestbed(t, map[string]string{"revision.yaml": "on: revision\nmatch: 'true'\nto: [dev@example.org]\nsubject: told\n"})
	broken := &brokenStore{h.store.database, true}
	h.store.database = broken
	h.load(aCheckout)
	if _, err := h.Consider(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("considered with a broken database: %v", err)
	}
	broken.broken = false
	h.work()
	h.expect("dev@example.org: told")
}

// TestExplainsIssues explains an issue as if it were new.
func TestExplainsIssues(t *testing.T) {
	h := newTestbed(t, map[string]string{"issue.yaml": "on: issue\nselect: {now: FAIL, was: none}\nto: [dev@example.org]\n"})
	h.load(`"issues": [{"id": "ci:i1", "version": 1, "origin": "ci"}], "incidents": [{"id": "ci:n1", "origin": "ci", "issue_id": "ci:i1",
		"issue_version": 1, "build_id": "ci:b1", "present": true}]`)
	h.work()
	folder, err := h.Folder.Current(h.Log)
	if err != nil {
		t.Fatal(err)
	}
	m := &Maker{Objects: h.store, Folder: folder, Now: h.clock.Now}
	clauses, err := m.Explain(t.Context(), folder.Subscriptions[0], object.IssueRef("ci:i1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clauses {
		if !c.Held || c.Err != nil {
			t.Errorf("%+v", c)
		}
	}
}
