// SPDX-License-Identifier: Apache-2.0

package columns

import (
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Run is a store.Run that rows can be read into.
type Run struct{ store.Run }

// VisitFields visits the fields of the run, by the columns of the table of tests.
func (r *Run) VisitFields(v report.FieldVisitor) {
	v.Text("id", &r.ID)
	v.Text("build_id", &r.BuildID)
	v.Text("origin", &r.Origin)
	v.Text("path", &r.Path)
	v.Text("status", (*string)(&r.Status))
	v.OptTime("start_time", &r.Start)
	v.OptFloat("duration", &r.Duration)
	v.Texts("environment_compatible", &r.Compatible)
	v.Misc("environment_misc", &r.EnvironmentMisc)
	v.Text("log_url", &r.LogURL)
	v.Misc("misc", &r.Misc)
}

// OutcomeColumns are the columns of the table of tests that ReadOutcome reads.
var OutcomeColumns = []string{"id", "build_id", "origin", "path", "status", "environment_misc", "start_time"}

// ReadOutcome returns the outcome in a row with the columns OutcomeColumns, without
// its platform. The platform is in the environment_misc that it returns, which the
// caller must neither keep nor change. It may be no JSON: checking that takes longer
// than reading the outcome.
func ReadOutcome(r *Reader) (o store.Outcome, environment []byte, err error) {
	r.Text("", &o.ID)
	r.Text("", &o.BuildID)
	r.Text("", &o.Origin)
	r.Text("", &o.Path)
	r.Text("", (*string)(&o.Status))
	environment = r.Row.Bytes()
	if start := r.time(); start != nil {
		o.Start = *start
	}
	return o, environment, r.Err()
}
