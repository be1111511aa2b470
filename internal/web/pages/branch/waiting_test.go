// SPDX-License-Identifier: Apache-2.0

package branch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/pages/pagestest"
	"github.com/kcidb-go/kcidb/report"
)

// TestWaiting: a newest revision with far fewer results than usual waits for the others,
// unless it is old, or its origins say that they have finished.
func TestWaiting(t *testing.T) {
	for _, test := range []struct {
		name     string
		age      time.Duration
		finished bool
		want     string
	}{
		{"young", time.Hour, false, "<title>Waiting: next master - KCIDB</title>"},
		{"old", 72 * time.Hour, false, "<title>OK: next master - KCIDB</title>"},
		{"finished", time.Hour, true, "<title>OK: next master - KCIDB</title>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &report.Report{}
			for i := range 5 {
				id, start := fmt.Sprint("ci:c", i), pagestest.Now.Add(-test.age-time.Duration(i)*24*time.Hour)
				c := report.Checkout{
					ID: id, Origin: "ci", TreeName: new("next"), GitRepositoryBranch: new("master"), PatchsetHash: new(""),
					GitCommitHash: new(fmt.Sprintf("%02x%038d", i+1, 0)), StartTime: &start,
				}
				builds := 10
				if i == 0 {
					builds = 1
				}
				if test.finished {
					c.OriginTestsFinishTime = &start
				}
				r.Checkouts = append(r.Checkouts, c)
				for n := range builds {
					r.Builds = append(r.Builds, report.Build{ID: fmt.Sprintf("ci:b%d-%d", i, n), Origin: "ci", CheckoutID: id, ConfigName: new(fmt.Sprint("c", n)), Status: new(report.StatusPass)})
				}
			}
			page := pagestest.New(t, Routes, r).Page("/tree/next/master")
			if !strings.Contains(page, test.want) {
				t.Errorf("want %s:\n%s", test.want, page)
			}
			if waits := strings.Contains(page, "10 % of the usual number are in"); waits != (test.name == "young") {
				t.Errorf("the page says that results are expected: %t", waits)
			}
		})
	}
}
