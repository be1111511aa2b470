// SPDX-License-Identifier: Apache-2.0

package statistics

import (
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// Sent adds up the receipts.
func (p *page) Sent() (sum answers.ReceiptDay) { return answers.SumReceipts(p.Receipts) }

// Submissions returns the chart of submissions.
func (p *page) Submissions() *shell.Chart {
	return shell.SubmissionsChart(p.Receipts, p.Now, p.ReceiptsDays)
}

// RefusedShare returns the chart of the share of submissions that were refused.
func (p *page) RefusedShare() *shell.Chart {
	return p.perDay("Refused submissions by day", "refused", "%", "f-new", func(d answers.ReceiptDay) int64 { return ceil(100*d.Refused, d.Submissions) })
}

// ceil divides and rounds up, so that one of many is seen.
func ceil(n, by int64) int64 { return (n + by - 1) / by }

// Delays returns the chart of the average time from the arrival of a submission to its end.
func (p *page) Delays() *shell.Chart {
	return p.perDay("Average time from arrival to the pages", "average", "s", "f-1", func(d answers.ReceiptDay) int64 {
		return ceil(int64(d.Delay), d.Submissions*int64(time.Second))
	})
}

// perDay returns a chart with a number of each day that has submissions.
func (p *page) perDay(title, name, unit, class string, of func(answers.ReceiptDay) int64) *shell.Chart {
	byDay := make(map[int64][]answers.ReceiptDay)
	for _, d := range p.Receipts {
		byDay[d.Day] = append(byDay[d.Day], d)
	}
	counts := make(shell.DayCounts)
	for day, all := range byDay {
		counts.Add(day, name, of(answers.SumReceipts(all)))
	}
	c := counts.Chart(title, p.Now, p.ReceiptsDays, shell.Series{Name: name, Class: class})
	c.Unit = unit
	return c
}

// RefusedWords says how many submissions were refused.
func (p *page) RefusedWords() string {
	s := p.Sent()
	if s.Refused == 0 {
		return fmt.Sprintf("None of %s was refused.", shell.Plural(s.Submissions, "submission"))
	}
	return fmt.Sprintf("%s of %s, %.1f %%, refused.", shell.Grouped(s.Refused), shell.Plural(s.Submissions, "submission"), 100*float64(s.Refused)/float64(s.Submissions))
}

// DelayWords says how long submissions took.
func (p *page) DelayWords() string {
	s := p.Sent()
	mean := s.Delay / time.Duration(max(s.Submissions, 1))
	return fmt.Sprintf("%s on average, %s at most; %d %% took at most a minute.", took(mean), took(s.Longest), 100*s.Prompt/max(s.Submissions, 1))
}

func took(d time.Duration) string {
	return shell.Duration(float64(d.Round(100*time.Millisecond).Milliseconds()) / 1000)
}
