// SPDX-License-Identifier: Apache-2.0

// Package audit checks that nothing was altered behind the back of a ledger: the chain of
// its hashes, the receipts, and the raw submissions that are kept.
package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// pageRows is how many rows are read at a time.
const pageRows = 1000

// Options are what Run needs.
type Options struct {
	// Rows returns at most n rows behind a number.
	Rows func(ctx context.Context, after int64, n int) ([]ledger.Entry, error)
	// Database is the database of the receipts; nil checks no receipts.
	Database *sqldb.DB
	// Artifacts has the raw submissions; nil checks none.
	Artifacts *artifact.Store
	// After is the number of the row behind which the check begins. The hash of that row
	// counts as right.
	After int64
	// Head is the hash of a row that has to be among the rows, "" for none.
	Head string
	// Checked is called with numbers of rows.
	Checked func(n int)
	// Decision is called with each row about a decision. May be nil.
	Decision func(e ledger.Entry)
	// Differs is called with each difference, in words.
	Differs func(text string)
}

// Result is what Run found.
type Result struct {
	Head        ledger.Chain // the last row
	Rows        int
	Kept, Gone  int // raw submissions that are kept, and that are not or no longer
	Differences int
}

// Run checks a ledger. Its error says why the check could not end.
func Run(ctx context.Context, o Options) (Result, error) {
	a := &audit{Options: o, found: o.Head == ""}
	if err := a.begin(ctx); err != nil {
		return a.result, err
	}
	for {
		rows, err := o.Rows(ctx, a.result.Head.Number, pageRows)
		if err != nil || len(rows) == 0 {
			if err == nil {
				err = a.end(ctx)
			}
			return a.result, err
		}
		if err := a.check(ctx, rows); err != nil {
			return a.result, err
		}
		o.Checked(len(rows))
	}
}

// audit is a check that runs.
type audit struct {
	Options
	result Result
	found  bool // the head that was asked for
}

func (a *audit) differs(format string, args ...any) {
	a.result.Differences++
	a.Differs(fmt.Sprintf(format, args...))
}

// begin finds the row behind which the check begins.
func (a *audit) begin(ctx context.Context) error {
	if a.After == 0 {
		return nil
	}
	rows, err := a.Rows(ctx, a.After-1, 1)
	if err == nil && (len(rows) == 0 || rows[0].Number != a.After) {
		err = fmt.Errorf("the ledger has no row %d", a.After)
	}
	if err == nil {
		a.result.Head = ledger.Chain{Number: rows[0].Number, Hash: rows[0].Hash}
		a.found = a.found || rows[0].Hash == a.Head
	}
	return err
}

// check checks rows.
func (a *audit) check(ctx context.Context, rows []ledger.Entry) error {
	for i := range rows {
		if err := a.result.Head.Check(&rows[i]); err != nil {
			a.differs("%v", err)
		}
		a.found = a.found || rows[i].Hash == a.Head
		if a.Decision != nil && rows[i].Decision() {
			a.Decision(rows[i])
		}
	}
	a.result.Rows += len(rows)
	if err := a.checkReceipts(ctx, rows); err != nil {
		return err
	}
	return a.checkRaw(ctx, rows)
}

// checkReceipts compares rows with the receipts of their submissions. Receipts are removed
// when they are old.
func (a *audit) checkReceipts(ctx context.Context, rows []ledger.Entry) error {
	if a.Database == nil {
		return nil
	}
	receipts, err := a.Database.ReceiptsOf(ctx, rows)
	if err != nil {
		return err
	}
	for _, e := range rows {
		r, ok := receipts[e.Subject]
		if !ok || e.Kind != ledger.Submission && e.Kind != ledger.Refused {
			continue
		}
		for _, d := range differences(&e, &r) {
			a.differs("row %d, submission %s: %s", e.Number, e.Subject, d)
		}
	}
	return nil
}

// differences returns how a receipt differs from a row, in words.
func differences(e *ledger.Entry, r *store.Receipt) (all []string) {
	for _, v := range []struct{ name, ledger, receipt string }{
		{"digest", e.Digest, r.Digest}, {"origin", e.Origin, r.Origin}, {"token", e.Token, r.Token},
	} {
		if v.ledger != v.receipt {
			all = append(all, fmt.Sprintf("the ledger has the %s %q, the receipt %q", v.name, v.ledger, v.receipt))
		}
	}
	if !e.At.Equal(r.Received) {
		all = append(all, fmt.Sprintf("the ledger says it was received at %v, the receipt at %v", e.At, r.Received))
	}
	if e.Kind == ledger.Submission && r.Failure != "" {
		all = append(all, "the ledger says it was loaded, the receipt that it was given up")
	}
	return all
}

// checkRaw checks the raw submissions of rows that are kept.
func (a *audit) checkRaw(ctx context.Context, rows []ledger.Entry) error {
	if a.Artifacts == nil {
		return nil
	}
	for _, e := range rows {
		if e.Digest == "" {
			continue
		}
		switch err := a.Artifacts.Check(ctx, e.Digest); {
		case err == nil:
			a.result.Kept++
		case errors.Is(err, artifact.ErrNotFound):
			a.result.Gone++
		case errors.Is(err, artifact.ErrDamaged):
			a.differs("row %d, submission %s: the bytes that are kept do not have the digest %s", e.Number, e.Subject, e.Digest)
		default:
			return fmt.Errorf("submission %s: %w", e.Subject, err)
		}
	}
	return nil
}

// mostUnknown is how many receipts without rows are named.
const mostUnknown = 100

// end checks what needs all rows.
func (a *audit) end(ctx context.Context) error {
	if !a.found {
		a.differs("no row has the hash %s", a.Head)
	}
	if a.Database == nil {
		return nil
	}
	unknown, err := a.Database.ReceiptsWithoutRow(ctx, mostUnknown)
	for _, id := range unknown {
		a.differs("submission %s: its receipt has a digest, and the ledger has no row of it", id)
	}
	return err
}
