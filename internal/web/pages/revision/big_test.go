// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"fmt"

	"github.com/kcidb-go/kcidb/report"
)

// bigRevisions has an earlier and a later revision with many tests on many boards; a part
// of them fails.
func bigRevisions(tests int) *report.Report {
	w := new(world)
	for n := 6; n <= 7; n++ {
		c := w.checkout("maestro", n, 24*(8-n)-11).ID
		var builds []string
		for i := range 200 {
			status := "PASS"
			if i%40 == n%40 {
				status = "FAIL"
			}
			arch := []string{"arm64", "x86_64", "riscv", "arm", "i386", "s390"}[i%6]
			builds = append(builds, w.build(c, fmt.Sprintf("%s config%02d gcc-%d", arch, i/6%25, 12+i%3), status).ID)
		}
		for i := range tests {
			status, suite := "PASS", []string{"ltp.syscalls", "kselftest.net", "xfstests.generic", "kunit.lib", "boot"}[i%5]
			switch {
			case i%50 == 3+n%2:
				status = "FAIL"
			case i%50 == 9:
				status = "MISS"
			case i%20 == 7:
				status = "SKIP"
			}
			t := w.test(builds[i*7%len(builds)], fmt.Sprintf("%s.test%04d", suite, i%1000), fmt.Sprintf("board-%03d", i*13%150), fmt.Sprintf("lab-%02d", i%15), status)
			if status == "FAIL" {
				t.LogExcerpt = new(fmt.Sprintf("[   12.3] WARNING: CPU: 1 PID: 1 at fs/x.c:%d function_%d+0x1/0x2\n", i, i%97))
			}
		}
	}
	return &w.Report
}
