// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"context"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// receipts are the submissions of the last days, by submitter. Refusals are empty if
// submissions need a token.
type receipts struct {
	Days     []answers.ReceiptDay
	Refusals []answers.Refusal
}

// receiptDays is how many days of receipts are read, and maxRefusals how many different
// reasons of refusals.
const (
	receiptDays = 14
	maxRefusals = 1000
)

func (o *room) readReceipts(ctx context.Context) (*receipts, error) {
	days := answers.LastDays(o.Now(), receiptDays)
	all, err := o.ReceiptDays(ctx)
	if err != nil {
		return nil, err
	}
	r := &receipts{Days: slices.DeleteFunc(all, func(d answers.ReceiptDay) bool { return d.Day < days.First })}
	// With tokens the service tells only their owners why it refused a submission.
	if refused := answers.SumReceipts(r.Days).Refused; refused > 0 && !o.Tokens {
		r.Refusals, err = o.refusals.Get(ctx, o.Now, func(ctx context.Context) ([]answers.Refusal, error) {
			return o.Answers.Refusals(ctx, days, maxRefusals)
		})
	}
	return r, err
}

// of returns the receipts of submitters.
func (r *receipts) of(is func(submitter string) bool) (all []answers.ReceiptDay) {
	for _, d := range r.Days {
		if is(d.Submitter) {
			all = append(all, d)
		}
	}
	return all
}

// commonest returns the commonest fault of the refused submissions, and how many have it.
// Faults that differ in numbers and quoted texts only are the same.
func (r *receipts) commonest() (fault string, n int64) {
	counts := make(map[string]int64)
	for _, refusal := range r.Refusals {
		text := general(refusal.Failure)
		if counts[text] += refusal.N; counts[text] > n {
			fault, n = text, counts[text]
		}
	}
	return fault, n
}

var (
	quoted  = lazyregexp.New(`"(?:[^"\\]|\\.)*"`)
	numbers = lazyregexp.New(`[0-9]+`)
)

// general returns a reason without what is special to a report.
func general(reason string) string {
	reason, _, _ = strings.Cut(reason, "\n")
	reason = quoted().ReplaceAllString(reason, `"…"`)
	return shell.Line(numbers().ReplaceAllString(reason, "N"))
}
