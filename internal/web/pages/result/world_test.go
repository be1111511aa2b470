// SPDX-License-Identifier: Apache-2.0

package result

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

var now = pagestest.Now.Truncate(time.Hour)

// newWorld returns a service whose database has reports, which are judged.
func newWorld(t testing.TB, reports ...*report.Report) *pagestest.World {
	t.Helper()
	return pagestest.New(t, Routes, reports...)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// words returns the text of a part of a page that begins with a start and ends with an end.
func words(page, start, end string) string {
	_, rest, _ := strings.Cut(page, start)
	part, _, _ := strings.Cut(rest, end)
	return strings.Join(strings.Fields(tags.ReplaceAllString(start+part, "")), " ")
}

const oops = "[    1.0] run fstests generic/091\n[   84.318020] ------------[ cut here ]------------\n" +
	"[   84.318047] WARNING: CPU: 2 PID: 2114 at fs/iomap/iter.c:34 iomap_iter_advance+0x94/0xb0\n" +
	"[   84.318330] Call trace:\n[   84.318336]  iomap_iter_advance+0x94/0xb0\n[   84.319011] ---[ end trace 0000000000000000 ]---\ngeneric/091 failed\n"

// hashOf returns the hash of the commit of a revision by its number.
func hashOf(n int) string { return fmt.Sprintf("%08x%032d", n+1, 0) }

// history is a report of revisions of next/master, a day apart, the oldest first. A text
// has the statuses of the test at a revision, such as "PASS FAIL#" with "#" for an issue
// and "!" for an error of the harness; "" for no test. The tests have the IDs ci:tREVISION-N.
func history(revisions ...string) *report.Report {
	r := &report.Report{Issues: []report.Issue{{ID: "ci:issue", Version: 1, Origin: "ci", ReportSubject: new("iomap warns")}}}
	for i, statuses := range revisions {
		id, start := fmt.Sprintf("ci:c%d", i), now.AddDate(0, 0, i-len(revisions))
		r.Checkouts = append(r.Checkouts, report.Checkout{
			ID: id, Origin: "ci", TreeName: new("next"), GitRepositoryURL: new("https://git.example.org/next.git"), GitRepositoryBranch: new("master"),
			GitCommitHash: new(hashOf(i)), GitCommitName: new(fmt.Sprintf("next-%d", i)), PatchsetHash: new(""), StartTime: &start, Timestamp: &start,
		})
		r.Builds = append(r.Builds, report.Build{
			ID: fmt.Sprintf("ci:b%d", i), Origin: "ci", CheckoutID: id, Architecture: new("arm64"), ConfigName: new("defconfig"), Compiler: new("gcc-14"),
			ConfigURL: new("https://files.example.org/config"), Status: new(report.StatusPass), StartTime: &start, Duration: new(600 + float64(i)), Timestamp: &start,
		})
		for n, status := range strings.Fields(statuses) {
			addTest(r, fmt.Sprintf("ci:t%d-%d", i, n), fmt.Sprintf("ci:b%d", i), status, start, i)
		}
	}
	return r
}

func addTest(r *report.Report, id, build, status string, start time.Time, i int) {
	t := report.Test{
		ID: id, Origin: "ci", BuildID: build, Path: new("xfstests.generic.091"), Status: new(report.Status(strings.Trim(status, "!#"))),
		StartTime: &start, Timestamp: &start, Duration: new(60 + float64(i)/4), LogURL: new("https://files.example.org/log"),
		Environment: &report.Environment{Misc: json.RawMessage(`{"platform":"vim3","job_id":"17","job_url":"https://lab.example.org/17"}`)},
		Misc:        json.RawMessage(`{"runtime":"lava-meadow"}`),
	}
	if strings.HasPrefix(status, "FAIL") {
		t.LogExcerpt = new(oops)
	}
	if strings.HasSuffix(status, "!") {
		t.Misc = json.RawMessage(`{"runtime":"lava-meadow","error_code":"Infrastructure","error_msg":"the board is gone"}`)
	}
	if strings.HasSuffix(status, "#") {
		r.Incidents = append(r.Incidents, report.Incident{ID: "ci:i" + id[4:], Origin: "ci", IssueID: "ci:issue", IssueVersion: 1, TestID: &id, Present: new(true), Timestamp: &start})
	}
	r.Tests = append(r.Tests, t)
}
