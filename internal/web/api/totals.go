// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
)

// totalsAPI counts by days.
type totalsAPI struct{ *data }

func (a totalsAPI) register(r *registry) {
	const group = "Totals"
	answer(r, operation{
		path: "/api/origins", group: group, title: "List origins",
		text: "The origins of checkouts and of tests that started in the last days, today (in UTC) included.",
	}, a.origins)
	answer(r, operation{
		path: "/api/metrics", group: group, title: "Count checkouts, builds, tests and incidents",
		text: "Counts of a period of days, and of the period of the same length before. Days are in UTC: start_days_ago 7 and end_days_ago 0 are " +
			"the last seven days, today included. Checkouts, builds and tests count by their start, issues and incidents by their last arrival. " +
			"Incidents that say that their issue is absent do not count. An issue is new if its first version arrived in the period. " +
			"Members by origin count incidents of builds, by the origin of the incident.",
	}, a.metrics)
}

type originsInput struct {
	Days int `query:"interval_in_days" default:"30" minimum:"1" maximum:"36500" doc:"Number of days, today included"`
}

type originList struct {
	Checkouts []string `json:"checkout_origins" doc:"Origins of checkouts, sorted"`
	Tests     []string `json:"test_origins" doc:"Origins of tests, sorted"`
}

func (a totalsAPI) origins(ctx context.Context, in *originsInput) (out originList, err error) {
	out.Checkouts, out.Tests, err = a.answers().Origins(ctx, a.daysAgo(in.Days, 0))
	return out, err
}
