// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/public"
	"github.com/kcidb-go/kcidb/report"
)

// Public is the public database, which gets what is loaded but the objects of private
// origins.
//
// A batch is loaded into the public database first, without receipts, and then into the
// store. Loading a batch again changes nothing, so that a batch whose second load fails may
// come again. Receipts follow when the store has them. If the process dies in between,
// the queue hands the submissions out again, and their receipts are copied then.
type Public struct {
	Store   store.Store
	Private public.Private
}

// loadPublic loads the public objects of a report into the public database, if there is one.
func (b *batch) loadPublic(ctx context.Context, all *report.Report) error {
	if b.Public == nil {
		return nil
	}
	r := b.Public.Private.PublicOf(all)
	if r.Count() == 0 {
		return nil
	}
	_, err := b.Public.Store.Load(ctx, r, store.LoadOptions{Metadata: true, Note: true})
	return err
}

// keepPublicReceipts keeps the receipts of submissions in the public database, if there is
// one, without those of submissions with private objects. It reports whether that succeeded.
// Otherwise the submissions must stay in the queue and come again.
func (b *batch) keepPublicReceipts(ctx context.Context, settled []*submission) bool {
	if b.Public == nil {
		return true
	}
	var receipts []store.Receipt
	for _, s := range settled {
		if b.Public.shows(s) {
			receipts = append(receipts, s.receipt)
		}
	}
	if len(receipts) == 0 {
		return true
	}
	err := b.retry(ctx, "keep public receipts", func() error { return b.Public.Store.SaveReceipts(ctx, receipts) })
	if err != nil && !b.isShutdown(ctx, err) {
		for _, s := range settled {
			b.setAside(ctx, s, kindOf(err), err)
		}
	}
	return err == nil
}

// shows reports whether a submission has nothing of a private origin: neither its submitter
// nor an object, also among those that were rejected, nor a reference to an object.
func (p *Public) shows(s *submission) bool {
	for origin := range strings.SplitSeq(s.receipt.Origin, ",") {
		if p.Private.Has(origin) {
			return false
		}
	}
	if s.report != nil && p.Private.PublicOf(s.report) != s.report {
		return false
	}
	return !p.Private.NamedIn(s.Message().Data)
}

// acknowledgeKnown removes submissions from the queue that were loaded before, and copies
// their receipts into the public database: the loader that loaded them may have died before
// it did.
func (b *batch) acknowledgeKnown(ctx context.Context, known []*submission) {
	if b.Public != nil {
		for _, s := range known {
			err := b.retry(ctx, "read a receipt", func() (err error) {
				s.receipt, err = b.Store.Receipt(ctx, s.receipt.ID)
				return err
			})
			if err != nil {
				return // they come again
			}
			if s.report, err = report.Decode(s.Message().Data); err != nil {
				s.report = nil
			}
		}
		if !b.keepPublicReceipts(ctx, known) {
			return
		}
	}
	b.troubles.settled(known...)
	b.acknowledge(ctx, known)
}
