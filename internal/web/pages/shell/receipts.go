// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"context"
	"slices"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// MaxReceiptDays is how many days of submissions ReceiptDays counts.
const MaxReceiptDays = 30

// receipts has the numbers of submissions. To count a million receipts takes two seconds,
// and those of past days hardly change: a submission that was refused may be stored later.
type receipts struct {
	past  Shared[pastReceipts]
	today Shared[[]answers.ReceiptDay]
}

// pastReceipts are numbers of days until the last day.
type pastReceipts struct {
	last int64
	days []answers.ReceiptDay
}

// ReceiptDays counts the submissions of the last MaxReceiptDays, by day. The numbers of
// today are a few seconds old, those of the days before up to an hour.
func (s *Shell) ReceiptDays(ctx context.Context) ([]answers.ReceiptDay, error) {
	past, err := s.receipts.past.GetFor(ctx, keepPast, s.Now, s.readPast)
	if err != nil {
		return nil, err
	}
	today, err := s.receipts.today.Get(ctx, s.Now, func(ctx context.Context) ([]answers.ReceiptDay, error) {
		return s.Answers.ReceiptDays(ctx, answers.Days{First: past.last + 1, Last: answers.LastDays(s.Now(), 1).Last})
	})
	// After midnight the numbers of a day may be in both for a while.
	today = slices.DeleteFunc(slices.Clone(today), func(d answers.ReceiptDay) bool { return d.Day <= past.last })
	return append(slices.Clone(past.days), today...), err
}

func (s *Shell) readPast(ctx context.Context) (pastReceipts, error) {
	days := answers.LastDays(s.Now(), MaxReceiptDays)
	days.Last--
	all, err := s.Answers.ReceiptDays(ctx, days)
	return pastReceipts{days.Last, all}, err
}

// keepPast is how long the numbers of past days are kept.
const keepPast = time.Hour

// SubmissionsChart returns the chart of submissions by day, stored and refused.
func SubmissionsChart(receipts []answers.ReceiptDay, now time.Time, days answers.Days) *Chart {
	counts := make(DayCounts)
	for _, d := range receipts {
		counts.Add(d.Day, "stored", d.Submissions-d.Refused)
		counts.Add(d.Day, "refused", d.Refused)
	}
	return counts.Chart("Submissions by day", now, days, Series{Name: "stored", Class: "f-1"}, Series{Name: "refused", Class: "f-new"})
}
