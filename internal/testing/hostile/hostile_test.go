// SPDX-License-Identifier: Apache-2.0

package hostile_test

import (
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/hostile"
	"github.com/kcidb-go/kcidb/report"
)

// TestReportIsValid expects a report that a service accepts.
func TestReportIsValid(t *testing.T) {
	text := hostile.Report(time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)).AppendJSON(nil)
	if err := report.Validate(text); err != nil {
		t.Errorf("%d bytes: %v", len(text), err)
	}
}
