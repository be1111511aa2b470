// SPDX-License-Identifier: Apache-2.0

package object

import (
	"encoding/json"
	"testing"

	"github.com/kcidb-go/kcidb/report"
)

// TestModelFields finds each field of the Python system's model among the fields of
// the objects.
func TestModelFields(t *testing.T) {
	var s Set
	s.Report.Checkouts = make([]report.Checkout, 1)
	s.Report.Builds = make([]report.Build, 1)
	s.Report.Tests = make([]report.Test, 1)
	s.Report.Issues = make([]report.Issue, 1)
	s.Report.Incidents = make([]report.Incident, 1)
	var written map[Type][]map[string]any
	if err := json.Unmarshal(s.AppendJSON(nil), &written); err != nil {
		t.Fatal(err)
	}
	for typ, names := range modelFields {
		for name := range names {
			if _, ok := written[typ][0][name]; !ok && name != "_timestamp" {
				t.Errorf("%s: no field %s", typ, name)
			}
		}
	}
}
