// SPDX-License-Identifier: Apache-2.0

package revision

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
	"github.com/kcidb-go/kcidb/report"
)

// silentAfter is how long after the start of a revision an origin that usually reports, and
// did not, is silent: before, it may still work.
const silentAfter = 24 * time.Hour

// source is a checkout of the revision with its numbers, or an origin that has none.
type source struct {
	Origin, URL           string
	Checkout, CheckoutURL string
	Log                   string // URL
	Failed                bool   // to check out
	Builds, Boots, Tests  int64
	Start                 time.Time
	State                 string // "", DONE, RUNNING, SILENT, or NOT YET
	Note                  string
}

// sources returns the checkouts of the revision, and the origins that reported the earlier
// revision and not this one.
func (p *page) sources() (all []source) {
	here := make(map[string]bool)
	for _, c := range p.checkouts {
		here[c.Origin] = true
		s := source{
			Origin: c.Origin, URL: shell.OriginURL(c.Origin), Checkout: c.ID, CheckoutURL: shell.CheckoutURL(c.ID),
			Log: shell.Text(c.LogURL), Failed: c.Valid != nil && !*c.Valid, Start: timeOf(c.StartTime, c.Timestamp),
			Builds: p.tally(0, verdicts.ByCheckout, c.ID, rollup.Builds), Boots: p.tally(0, verdicts.ByCheckout, c.ID, rollup.Boots),
			Tests: p.tally(0, verdicts.ByCheckout, c.ID, rollup.Tests),
		}
		switch {
		case c.OriginTestsFinishTime != nil:
			s.State = "DONE"
		case c.OriginBuildsFinishTime != nil:
			s.State, s.Note = "RUNNING", "the builds are complete"
		}
		all = append(all, s)
	}
	for _, origin := range p.valuesOf(1, verdicts.ByOrigin) {
		if origin != "" && !here[origin] && p.tally(0, verdicts.ByOrigin, origin, kinds...) == 0 {
			s := source{Origin: origin, URL: shell.OriginURL(origin), State: "NOT YET", Note: "reported " + p.Earlier.Name()}
			if p.Now.Sub(p.Start) > silentAfter {
				s.State = "SILENT"
			}
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b source) int {
		return cmp.Or(cmp.Compare(b.Builds+b.Boots+b.Tests, a.Builds+a.Boots+a.Tests), strings.Compare(a.Origin, b.Origin))
	})
	return all
}

func timeOf(times ...*time.Time) time.Time {
	for _, t := range times {
		if t != nil {
			return *t
		}
	}
	return time.Time{}
}

// maxMissing is how many groups, and how many boards, the page names that did not run.
const maxMissing = 12

// missing is a group or a board whose results at the earlier revision have no counterpart.
type missing struct {
	N    int64
	Link shell.Link
	Note string
}

// notRun returns the boards and the groups of tests that ran at the earlier revision and not
// here, those with most results first.
func (p *page) notRun() (all []missing) {
	if p.Earlier == nil {
		return nil
	}
	for _, board := range p.valuesOf(1, verdicts.ByPlatform) {
		if m := p.notRunOn(board); m.N > 0 {
			all = append(all, m)
		}
	}
	for g, counts := range p.before.Groups {
		if _, ok := p.sums.Groups[g]; !ok && g.Name != "" {
			all = append(all, missing{counts.Total(), shell.Link{Text: g.Name, URL: shell.GridURL(p.Tree, p.Branch, g.Name)}, "the group did not run"})
		}
	}
	slices.SortFunc(all, func(a, b missing) int {
		return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Link.Text, b.Link.Text))
	})
	return all[:min(maxMissing, len(all))]
}

// notRunOn returns the results of a board at the earlier revision if none of its tests says
// something here: the board did not run, or it did not boot.
func (p *page) notRunOn(board string) missing {
	conclusive := func(revision int, kind rollup.Kind) (n int64) {
		for _, t := range p.tallies {
			if t.Revision == revision && t.Dimension == verdicts.ByPlatform && t.Value == board && t.Kind == kind && facts.IsConclusive(t.Status) {
				n += t.N
			}
		}
		return n
	}
	switch {
	case conclusive(0, rollup.Tests) > 0:
		return missing{}
	case p.tally(0, verdicts.ByPlatform, board, rollup.Boots) > 0:
		boots := p.with("platform", board, "kind", string(rollup.Boots))
		return missing{conclusive(1, rollup.Tests), shell.Link{Text: board, URL: boots}, "the board did not boot, or its tests were lost: see its boots"}
	case p.tally(0, verdicts.ByPlatform, board, rollup.Tests) > 0:
		return missing{}
	}
	return missing{p.tally(1, verdicts.ByPlatform, board, rollup.Boots, rollup.Tests), shell.Link{Text: board, URL: shell.HardwareURL(board)}, "the board did not run"}
}

// valuesOf returns the values of a dimension at one of the revisions, sorted.
func (p *page) valuesOf(revision int, by verdicts.Dimension) (values []string) {
	seen := make(map[string]bool)
	for _, t := range p.tallies {
		if t.Revision == revision && t.Dimension == by && t.Value != "" && !seen[t.Value] {
			seen[t.Value] = true
			values = append(values, t.Value)
		}
	}
	slices.Sort(values)
	return values
}

// maxMessage is how many lines of the message of a commit the page shows.
const maxMessage = 200

// maxPatches is how many patches the page links to.
const maxPatches = 50

// commitFacts are the facts of the commit and its patches that any checkout reports.
type commitFacts struct {
	Subject     string
	Body        []string // lines of the message below the subject
	Tags        []string
	Patches     []report.Resource
	LeftPatches int
	MessageID   string
	Comments    []string
}

// commitFacts returns the facts of the commit.
func (p *page) commitFacts() (f commitFacts) {
	for _, c := range p.checkouts {
		if message := shell.Text(c.GitCommitMessage); f.Subject == "" && message != "" {
			subject, body, _ := strings.Cut(message, "\n")
			f.Subject, f.Body = subject, linesOf(body)
		}
		for _, tag := range c.GitCommitTags {
			if !slices.Contains(f.Tags, tag) && len(f.Tags) < maxMissing {
				f.Tags = append(f.Tags, tag)
			}
		}
		if len(f.Patches) == 0 {
			f.Patches = c.PatchsetFiles
		}
		if f.MessageID == "" {
			f.MessageID = shell.Text(c.MessageID)
		}
		if comment := shell.Text(c.Comment); comment != "" && !slices.Contains(f.Comments, comment) && len(f.Comments) < maxMissing {
			f.Comments = append(f.Comments, comment)
		}
	}
	if left := len(f.Patches) - maxPatches; left > 0 {
		f.Patches, f.LeftPatches = f.Patches[:maxPatches], left
	}
	return f
}

// linesOf returns the first lines of a text.
func linesOf(body string) []string {
	if body = strings.Trim(body, "\r\n"); body == "" {
		return nil
	}
	lines := strings.SplitN(body, "\n", maxMessage+1)
	if len(lines) > maxMessage {
		lines[maxMessage] = "(more is in the repository)"
	}
	return lines
}
