// SPDX-License-Identifier: Apache-2.0

package facts

import "github.com/kcidb-go/kcidb/report"

// IsConclusive reports whether a run with this status says that the tested thing works
// or fails: PASS or FAIL. All other statuses, such as MISS of a lab that is down, and no
// status, say nothing. The last conclusive runs of a test decide whether it regressed,
// in mails, on pages and in the API.
func IsConclusive(s report.Status) bool {
	return s == report.StatusPass || s == report.StatusFail
}
