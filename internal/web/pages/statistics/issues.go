// SPDX-License-Identifier: Apache-2.0

package statistics

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// topIssues is how many issues of an origin the page names.
const topIssues = 10

// originIssues are the issues that an origin saw in builds.
type originIssues struct {
	Origin          string
	Incidents       int64
	Issues, NewOnes int64
	Top             []answers.BuildIncidents // the most seen first
}

// Known returns how many of the issues are not new.
func (o *originIssues) Known() int64 { return o.Issues - o.NewOnes }

// ByIssue returns the issues of each origin that the filter selects.
func (p *page) ByIssue() (all []*originIssues) {
	var last *originIssues
	for _, b := range p.Statistics.Now.BuildIncidents { // by origin, the most seen first
		if !p.Matches("origin", b.Origin) {
			continue
		}
		if last == nil || last.Origin != b.Origin {
			last = &originIssues{Origin: b.Origin}
			all = append(all, last)
		}
		last.Incidents += b.N
		if last.Issues++; b.New {
			last.NewOnes++
		}
		if len(last.Top) < topIssues {
			last.Top = append(last.Top, b)
		}
	}
	return all
}

// Comment returns the comment of an issue, or else its ID.
func (p *page) Comment(b answers.BuildIncidents) string {
	if b.Comment == nil || strings.TrimSpace(*b.Comment) == "" {
		return b.IssueID
	}
	return *b.Comment
}
