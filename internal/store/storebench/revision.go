// SPDX-License-Identifier: Apache-2.0

package storebench

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// LargeRevision returns revision n of a branch, with 100 builds and 20,000 tests. 400 tests
// fail, each with a log of its own.
func LargeRevision(revision int) *report.Report {
	r := &report.Report{Checkouts: []report.Checkout{{
		ID: fmt.Sprint("a:", revision), Origin: "a", TreeName: new("next"), GitRepositoryBranch: new("master"),
		GitCommitHash: new(fmt.Sprintf("%040d", revision)), PatchsetHash: new(""), StartTime: new(time.Unix(int64(1_700_000_000+revision*86400), 0).UTC()),
	}}}
	for n := range 100 {
		build := report.Build{
			ID: fmt.Sprintf("a:%d-%d", revision, n), Origin: "a", CheckoutID: fmt.Sprint("a:", revision), Status: new(report.StatusPass),
			Architecture: new(fmt.Sprint("arch", n%5)), ConfigName: new(fmt.Sprint("config", n/5)), Compiler: new("gcc-14"),
		}
		r.Builds = append(r.Builds, build)
		for i := range 200 {
			test := report.Test{
				ID: fmt.Sprintf("%s-%d", build.ID, i), Origin: "a", BuildID: build.ID, Path: new(fmt.Sprintf("suite%d.group%d.test%d", i%10, i%4, i)),
				Status:      new(report.StatusPass),
				Environment: &report.Environment{Misc: json.RawMessage(fmt.Sprintf(`{"platform":"board-%d"}`, n%20))},
				Misc:        json.RawMessage(`{"runtime":"lab-` + fmt.Sprint(n%7) + `","job_url":"https://lava.example.org/scheduler/job/1234567"}`),
			}
			if (n*200+i+revision%3)%50 == 0 {
				test.Status = new(report.StatusFail)
				test.LogExcerpt = new(strings.Repeat(fmt.Sprintf("[    1.234567] systemd[%d]: Started session %d of user root.\n", n, i), 250) + "not ok 2 selftests: x\n")
			}
			r.Tests = append(r.Tests, test)
		}
	}
	return r
}
