// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// topIssues is how many issues of each origin are listed.
const topIssues = 10

type metricsInput struct {
	Start int `query:"start_days_ago" default:"7" minimum:"1" maximum:"36500" doc:"The first day is the day after the day this many days ago"`
	End   int `query:"end_days_ago" default:"0" minimum:"0" maximum:"36500" doc:"The last day is the day this many days ago"`
}

type metricsOutput struct {
	Trees     int64 `json:"n_trees" doc:"Trees with checkouts"`
	Checkouts int64 `json:"n_checkouts" doc:"Checkouts"`
	Builds    int64 `json:"n_builds" doc:"Builds"`
	Tests     int64 `json:"n_tests" doc:"Tests, boots included"`
	Issues    int64 `json:"n_issues" doc:"Issues that arrived, in any version"`
	Incidents int64 `json:"n_incidents" doc:"Incidents that arrived"`

	ByOrigin map[string]*originIncidents `json:"build_incidents_by_origin" doc:"Incidents of builds"`
	Top      map[string][]issueIncidents `json:"top_issues_by_origin" doc:"The issues with the most incidents of builds, at most ten"`
	New      map[string][]issueIncidents `json:"new_issues_by_origin" doc:"New issues with the most incidents of builds, at most ten"`
	Labs     map[string]*labCounts       `json:"lab_maps" doc:"Numbers of each lab, by name"`

	TreesBefore     int64                 `json:"prev_n_trees" doc:"Trees with checkouts in the period before"`
	CheckoutsBefore int64                 `json:"prev_n_checkouts" doc:"Checkouts of the period before"`
	BuildsBefore    int64                 `json:"prev_n_builds" doc:"Builds of the period before"`
	TestsBefore     int64                 `json:"prev_n_tests" doc:"Tests of the period before, boots included"`
	LabsBefore      map[string]*labCounts `json:"prev_lab_maps" doc:"Numbers of each lab in the period before"`
}

// originIncidents counts the incidents of builds from an origin.
type originIncidents struct {
	Incidents int64 `json:"total_incidents" doc:"Incidents"`
	New       int64 `json:"n_new_issues" doc:"New issues of these incidents"`
	Existing  int64 `json:"n_existing_issues" doc:"Other issues of these incidents"`
	Issues    int64 `json:"n_total_issues" doc:"All issues of these incidents"`
}

type issueIncidents struct {
	ID        string  `json:"id" doc:"ID of the issue"`
	Version   int     `json:"version" doc:"Newest version of the issue"`
	Comment   *string `json:"comment" doc:"One-line description of the issue"`
	Incidents int64   `json:"total_incidents" doc:"Incidents of builds"`
}

type labCounts struct {
	Builds int64 `json:"builds" doc:"Builds"`
	Boots  int64 `json:"boots" doc:"Boots"`
	Tests  int64 `json:"tests" doc:"Other tests"`
}

func (a totalsAPI) metrics(ctx context.Context, in *metricsInput) (*metricsOutput, error) {
	if in.Start <= in.End {
		return nil, badRequest(fmt.Sprintf("start_days_ago, %d, is not more than end_days_ago, %d", in.Start, in.End))
	}
	now, err := a.answers().Totals(ctx, a.daysAgo(in.Start, in.End))
	if err != nil {
		return nil, err
	}
	before, err := a.answers().Started(ctx, a.daysAgo(2*in.Start-in.End, in.Start))
	if err != nil {
		return nil, err
	}
	out := &metricsOutput{
		Trees: now.Trees, Checkouts: now.Checkouts, Builds: now.Builds, Tests: now.Boots + now.Tests, Issues: now.Issues, Incidents: now.Incidents,
		ByOrigin: make(map[string]*originIncidents), Top: make(map[string][]issueIncidents), New: make(map[string][]issueIncidents),
		Labs: labsOf(now.Labs), LabsBefore: labsOf(before.Labs),
		TreesBefore: before.Trees, CheckoutsBefore: before.Checkouts, BuildsBefore: before.Builds, TestsBefore: before.Boots + before.Tests,
	}
	for i := range now.BuildIncidents {
		out.addIncidents(&now.BuildIncidents[i])
	}
	return out, nil
}

// addIncidents adds incidents of builds. It expects the issue with the most incidents
// first.
func (m *metricsOutput) addIncidents(b *answers.BuildIncidents) {
	of := m.ByOrigin[b.Origin]
	if of == nil {
		of = &originIncidents{}
		m.ByOrigin[b.Origin] = of
	}
	of.Incidents += b.N
	of.Issues++
	issue := issueIncidents{b.IssueID, b.Version, b.Comment, b.N}
	if b.New {
		of.New++
		if len(m.New[b.Origin]) < topIssues {
			m.New[b.Origin] = append(m.New[b.Origin], issue)
		}
	} else {
		of.Existing++
	}
	if len(m.Top[b.Origin]) < topIssues {
		m.Top[b.Origin] = append(m.Top[b.Origin], issue)
	}
}

func labsOf(amounts map[string]*answers.Amounts) map[string]*labCounts {
	labs := make(map[string]*labCounts, len(amounts))
	for name, of := range amounts {
		labs[name] = &labCounts{Builds: of.Builds, Boots: of.Boots, Tests: of.Tests}
	}
	return labs
}
