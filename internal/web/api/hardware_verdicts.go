// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/boards"
)

func (a hardwareAPI) registerVerdicts(r *registry, group string) {
	answer(r, operation{
		path: "/api/hardware/{hardware}/verdicts", group: group, title: "Get the verdicts of a platform",
		text: "The newest revision of each branch that was tested on the platform, by any origin, those with the worst results first, " +
			"with the numbers of its results there; and the causes for which tests fail at these revisions, the worst first. " +
			"The filters take several values; a value with a leading - is left out.",
	}, a.verdicts)
}

type hardwareVerdictsInput struct {
	Hardware string   `path:"hardware" doc:"Name of the platform"`
	Days     int      `query:"interval_in_days" default:"7" minimum:"1" maximum:"36525" doc:"How many days ago the tests may have started"`
	Until    string   `query:"as_of" doc:"Leave out revisions that started later. Default: now"`
	Trees    []string `query:"tree,explode" doc:"Only revisions of any of these trees"`
	Labs     []string `query:"lab,explode" doc:"Only tests of any of these labs"`
	Origins  []string `query:"origin,explode" doc:"Only tests of any of these origins"`
	Paths    []string `query:"path,explode" doc:"Only tests whose path begins with the components of any of these; * is any text within a component"`
}

// HardwareVerdicts are the verdicts of a platform.
type HardwareVerdicts struct {
	Platform    string             `json:"platform" doc:"Name of the platform"`
	Compatibles []string           `json:"hardware" doc:"Compatibles of the platform"`
	Revisions   []HardwareRevision `json:"revisions" doc:"Newest tested revision of each branch, those with the worst results first"`
	Causes      []HardwareCause    `json:"causes" doc:"Causes for which tests fail, the worst first"`
}

// HardwareRevision is a revision that was tested on a platform.
type HardwareRevision struct {
	VerdictPlace
	Start  time.Time                   `json:"start_time" doc:"First start of its checkouts, or their arrival"`
	Counts map[string]map[string]int64 `json:"counts" doc:"Numbers of results on the platform by the first component of their path and verdict"`
}

// HardwareCause is a cause for which tests fail on a platform.
type HardwareCause struct {
	ID      string         `json:"id" doc:"The same at all revisions where the cause has the verdict"`
	Verdict string         `json:"verdict" doc:"Verdict of the results"`
	Title   *string        `json:"title" doc:"Fault of the kernel"`
	Fault   *string        `json:"fault" doc:"Line of the log that says why"`
	Path    *string        `json:"path" doc:"Path of the first result"`
	Example string         `json:"example" doc:"ID of the first result"`
	Results int            `json:"results" doc:"Number of results"`
	Since   *VerdictSince  `json:"since" doc:"Since when the first result fails"`
	Issue   *VerdictIssue  `json:"issue" doc:"Issue that was seen"`
	At      []VerdictPlace `json:"at" doc:"Where tests fail for the cause"`
	Others  *OtherHardware `json:"others" doc:"Other platforms; null if they were not looked at, because the cause is behind many others"`
}

// OtherHardware says how a test is on the other platforms that were tested at a revision.
type OtherHardware struct {
	Failing int64   `json:"failing" doc:"Number of other platforms on which tests of the path fail too"`
	First   *string `json:"first" doc:"The first of these platforms by name"`
	Ran     int64   `json:"ran" doc:"Number of other platforms that ran tests of the group"`
}

// verdicts returns the verdicts of a platform.
func (a hardwareAPI) verdicts(ctx context.Context, in *hardwareVerdictsInput) (*HardwareVerdicts, error) {
	until := a.Now()
	if in.Until != "" {
		micros, err := parseTime("as_of", in.Until)
		if err != nil {
			return nil, err
		}
		until = time.UnixMicro(micros)
	}
	days := answers.DaysOf(until.AddDate(0, 0, -in.Days), until)
	platforms, err := a.answers().Platforms(ctx, answers.Days{Last: days.Last})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(platforms, func(p answers.Platform) bool { return p.Name == in.Hardware })
	if i < 0 {
		return nil, notFound("No such platform")
	}
	b, err := boards.Read(ctx, verdicts.Of(a.Store), boards.Question{
		Platform: in.Hardware, Days: days, Until: until, OfTrees: in.Trees, OfLabs: in.Labs, OfOrigins: in.Origins, OfPaths: in.Paths,
	})
	if err != nil {
		return nil, err
	}
	return hardwareVerdicts(&platforms[i], b), nil
}

func hardwareVerdicts(p *answers.Platform, b *boards.Board) *HardwareVerdicts {
	out := &HardwareVerdicts{Platform: p.Name, Compatibles: p.Compatibles}
	for _, row := range b.Rows {
		r := HardwareRevision{VerdictPlace: verdictPlace(&row.Revision), Start: row.Start, Counts: make(map[string]map[string]int64)}
		for suite, t := range row.Suites {
			r.Counts[suite] = namedCounts(t.Counts())
		}
		out.Revisions = append(out.Revisions, r)
	}
	for i, c := range b.Causes {
		cause := hardwareCause(c)
		if i < boards.MaxShown {
			cause.Others = &OtherHardware{c.Others.Failing, optional(c.Others.First), c.Others.Ran}
		}
		out.Causes = append(out.Causes, cause)
	}
	return out
}

func hardwareCause(c *boards.Cause) HardwareCause {
	out := HardwareCause{
		ID: causeID(c.Cause), Verdict: string(c.Verdict), Title: optional(c.Title), Fault: optional(c.Fault), Path: optional(c.Path), Example: c.ID,
		Results: c.Results, Since: verdictSince(c.Since), Issue: verdictIssue(c.IssueID, c.Version),
	}
	for _, at := range c.At {
		out.At = append(out.At, verdictPlace(&at.Revision))
	}
	return out
}
