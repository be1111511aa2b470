// SPDX-License-Identifier: Apache-2.0

package search

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

const hash = "6f1c0d3a9b2e47d0b5518ca7f3e6d2a19c04be77"

// world has two revisions of next and one of mainline.
func world(t *testing.T) *pagestest.World {
	r := &report.Report{Issues: []report.Issue{
		{ID: "ci:lock", Version: 1, Origin: "ci", Comment: new("Circular locking in mwifiex"), ReportURL: new("https://lore.example.org/lock")},
	}}
	for i, c := range []struct{ tree, branch, hash, name string }{
		{"next", "master", hash, "next-20261127"}, {"next", "master", "6f1c0d3" + hash[:33], "next-20261126"}, {"mainline", "master", "ab" + hash[:38], "v7.4-rc4"},
	} {
		id, start := c.name, pagestest.Now.AddDate(0, 0, -i)
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: "ci:" + id, Origin: "ci", TreeName: &c.tree, GitRepositoryURL: new("https://git.example.org/" + c.tree + ".git"),
			GitRepositoryBranch: &c.branch, GitCommitHash: &c.hash, GitCommitName: &c.name, PatchsetHash: new(""), StartTime: &start,
		})
		r.Builds = append(r.Builds, report.Build{ID: "ci:b" + id, Origin: "ci", CheckoutID: "ci:" + id, Architecture: new("arm64"), Status: new(report.StatusPass)})
		r.Tests = append(r.Tests, report.Test{
			ID: "ci:t" + id, Origin: "ci", BuildID: "ci:b" + id, Path: new("kselftest.net.tls"), Status: new(report.StatusFail),
			StartTime: &start, Environment: &report.Environment{Misc: []byte(`{"platform": "rk3588-rock-5b"}`)},
			Misc:       []byte(`{"runtime": "lava-ridge"}`),
			LogExcerpt: new("Unable to handle kernel NULL pointer dereference at virtual address 0000000000000028\n"),
		})
	}
	return pagestest.New(t, Routes, r)
}

func TestSearch(t *testing.T) {
	w := world(t)
	receipt := store.Receipt{ID: "abc1", Received: pagestest.Now, Finished: pagestest.Now.Add(time.Second)}
	if err := w.Store.SaveReceipts(t.Context(), []store.Receipt{receipt}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		text string
		want string // where the search leads to, or the headings of the page
	}{
		{hash, "/revision/6f1c0d3a9b2e"},
		{"6F1C0D3A9", "/revision/6f1c0d3a9b2e"},
		{"6f1c0d3", "Revisions"},
		{"next-20261127", "/revision/6f1c0d3a9b2e"},
		{"next-2026", "Revisions"},
		{"mainline", "/tree/mainline/master"},
		{"git.example.org", "Trees and branches"},
		{"ci:tnext-20261127", "/test/ci:tnext-20261127"},
		{"ci:v7.4-rc4", "/checkout/ci:v7.4-rc4"},
		{"abc1", "/submission/abc1"},
		{"kselftest.n", "Tests, Failures, by path or by a line of their log"},
		{"lava-r", "/lab/lava-ridge"},
		{"ROCK-5", "/hardware/rk3588-rock-5b"},
		{"MWIFIEX", "/issue/ci:lock"},
		{"lore.example.org/lock", "/issue/ci:lock"},
		{"null pointer deref", "Failures, by path or by a line of their log"},
		{"100%", "Nothing found"},
		{"_", "Nothing found"},
		{"", "What can be searched for"},
	} {
		answer := w.Get("/search?q=" + url.QueryEscape(test.text))
		if test.text == "" {
			answer = w.Get("/search")
		}
		got := answer.Header().Get("Location")
		if got == "" {
			got = headings(answer.Body.String())
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%q: %d %s, want %s", test.text, answer.Code, got, test.want)
		}
		if n := w.Statements(); n > 8 {
			t.Errorf("%q: %d statements", test.text, n)
		}
	}
}

// headings returns the texts of the headings h2, or that of h1 if nothing was found.
func headings(page string) string {
	_, rest, _ := strings.Cut(page, "<h1>")
	if strings.HasPrefix(rest, "Nothing") {
		return rest[:13]
	}
	var all []string
	for _, part := range strings.Split(page, "<h2")[1:] {
		_, part, _ = strings.Cut(part, ">")
		part, _, _ = strings.Cut(part, "<")
		all = append(all, part)
	}
	return strings.Join(all, ", ")
}

func TestSearchPage(t *testing.T) {
	w := world(t)
	pagestest.Golden(t, "found.html", w.Page("/search?q=next"))
	pagestest.Golden(t, "nothing.html", w.Page("/search?q=%3Cscript%3E"))
	if answer := w.Get("/search?q=" + strings.Repeat("x", 501)); answer.Code != 400 {
		t.Errorf("a long text: %d", answer.Code)
	}
	w.Shell.Answers, w.Shell.Verdicts = nil, nil
	w.Serve(Routes)
	if answer := w.Get("/search?q=x"); answer.Code != 501 || !strings.Contains(answer.Body.String(), "keeps no counts") {
		t.Errorf("without counts: %d", answer.Code)
	}
}
