// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

const (
	base   = "http://kcidb.example.org" // that tests visit
	commit = "0123456789abcdef0123456789abcdef01234567"
)

// sample is a report with objects of all types, that belong together.
func sample() *report.Report {
	return &report.Report{
		Checkouts: []report.Checkout{
			{ID: "ci:1", Origin: "ci", TreeName: new("mainline"), GitRepositoryURL: new("https://git.example.org/linux.git"),
				GitRepositoryBranch: new("master"), GitCommitName: new("v6.19-rc1"), GitCommitHash: new(commit), StartTime: new(now)},
			{ID: "ci:2", Origin: "ci", GitCommitHash: new(commit), PatchsetHash: new(strings.Repeat("89abcdef", 8))},
		},
		Builds: []report.Build{{ID: "ci:1", Origin: "ci", CheckoutID: "ci:1", Architecture: new("arm64"),
			ConfigName: new("defconfig"), Status: new(report.StatusPass), LogURL: new("https://files.example.org/build.log?a=1&b=2")}},
		Tests: []report.Test{{ID: "ci:1", Origin: "ci", BuildID: "ci:1", Path: new("ltp.syscalls.accept01"),
			Status: new(report.StatusFail), LogExcerpt: new("a < b && b > c\n")}},
		Issues: []report.Issue{
			{ID: "ci:1", Version: 1, Origin: "ci", ReportSubject: new("accept hangs")},
			{ID: "ci:1", Version: 2, Origin: "ci", ReportSubject: new("accept hangs at times"), ReportURL: new("https://bugs.example.org/1")},
		},
		Incidents: []report.Incident{{ID: "ci:1", Origin: "ci", IssueID: "ci:1", IssueVersion: 2, TestID: new("ci:1"), Present: new(true)}},
	}
}

func load(t *testing.T, p *Pages, r *report.Report) {
	t.Helper()
	if _, err := p.Store.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestPagesByMethod(t *testing.T) {
	p, h, _ := newPages(t)
	load(t, p, sample())
	for path, code := range map[string]int{"/revision/" + commit: 200, "/revision/ffff": 404, "/revision/": 404, "/test/ci:1": 200, "/issue/ci:9": 404} {
		whole := get(h, path)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("HEAD", base+path, nil))
		if w.Code != code || whole.Code != code || w.Body.Len() != 0 || w.Header().Get("Content-Type") != whole.Header().Get("Content-Type") ||
			w.Header().Get("ETag") != whole.Header().Get("ETag") {
			t.Errorf("HEAD %s: %d, %v, %d bytes", path, w.Code, w.Header(), w.Body.Len())
		}
		w = httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", base+path, strings.NewReader("x")))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, %v", path, w.Code, w.Header())
		}
	}
}
