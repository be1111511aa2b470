// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// keepSettled is how long the documents of settled batches are kept: longer than any
// topic sends a message again. A TTL policy on the field expires deletes them.
const keepSettled = 35 * 24 * time.Hour

// settled is the document of a settled batch.
type settled struct {
	Batch   string    `firestore:"batch"`
	At      time.Time `firestore:"at"`
	Expires time.Time `firestore:"expires"`
}

// objectStatus is the document of an object's status.
type objectStatus struct {
	Type   string    `firestore:"object_type"`
	ID     []string  `firestore:"object_id"`
	Status string    `firestore:"status"`
	At     time.Time `firestore:"at"`
}

// Settle makes the notifications, then keeps the statuses, and settles the batches
// and counts in the end. If that is more than a commit allows, it takes several commits in
// this order. A process that dies in between leaves batches that are not settled. They
// are considered again. An object that has its new status by then may not match again,
// but its notification exists.
func (s *Spool) Settle(ctx context.Context, settlement spool.Settlement) error {
	if len(settlement.Batches) > spool.MostBatches {
		return failure(ctx, "settle", fmt.Errorf("%d batches are too many, the most is %d", len(settlement.Batches), spool.MostBatches))
	}
	taken, err := s.Settled(ctx, settlement.Batches)
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return fmt.Errorf("batch %s: %w", taken[0], spool.ErrTaken)
	}
	arming, statuses := armingOf(settlement), s.statusesOf(settlement.Statuses)
	days := daysOf(settlement.Considered)
	room := mostWrites - len(settlement.Batches) - len(days) // of the last commit
	for len(arming) > 0 && len(arming)+len(statuses) > room {
		n := min(len(arming), mostWrites)
		if err := s.write(ctx, "settle", func(w *writes) error { return s.arm(ctx, w, arming[:n]) }); err != nil {
			return err
		}
		arming = arming[n:]
	}
	for len(statuses) > room {
		n := min(len(statuses), mostWrites)
		if err := s.write(ctx, "settle", func(w *writes) error {
			s.note(w, statuses[:n])
			return nil
		}); err != nil {
			return err
		}
		statuses = statuses[n:]
	}
	return s.write(ctx, "settle", func(w *writes) error {
		if err := s.settleBatches(ctx, w, settlement.Batches); err != nil {
			return err
		}
		if err := s.arm(ctx, w, arming); err != nil {
			return err
		}
		s.note(w, statuses)
		return s.count(ctx, w, days)
	})
}

// write commits the writes that f adds. It does both again if another process was faster.
func (s *Spool) write(ctx context.Context, operation string, f func(w *writes) error) error {
	return again(ctx, operation, func() error {
		w := s.newWrites()
		if err := f(w); err != nil {
			return err
		}
		_, err := w.commit(ctx)
		return err
	})
}

// settleBatches makes the documents of settled batches. It returns ErrTaken if one exists.
func (s *Spool) settleBatches(ctx context.Context, w *writes, batches []string) error {
	taken, err := s.Settled(ctx, batches)
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return fmt.Errorf("batch %s: %w", taken[0], spool.ErrTaken)
	}
	now := s.now()
	for _, id := range slices.Compact(slices.Sorted(slices.Values(batches))) {
		w.create(s.settledOnes.Doc(hashOf(id)), settled{id, now, now.Add(keepSettled)})
	}
	return nil
}

// Settled returns the batches that are settled.
func (s *Spool) Settled(ctx context.Context, batches []string) (found []string, err error) {
	ids := make([]string, len(batches))
	for i, id := range batches {
		ids[i] = hashOf(id)
	}
	snapshots, err := s.get(ctx, s.settledOnes, ids)
	if err != nil {
		return nil, failure(ctx, "settled", err)
	}
	for i, snapshot := range snapshots {
		if snapshot.Exists() {
			found = append(found, batches[i])
		}
	}
	return found, nil
}

// get reads documents of a collection, in the order of their IDs.
func (s *Spool) get(ctx context.Context, from *firestore.CollectionRef, ids []string) (all []*firestore.DocumentSnapshot, err error) {
	for chunk := range slices.Chunk(ids, mostWrites) {
		refs := make([]*firestore.DocumentRef, len(chunk))
		for i, id := range chunk {
			refs[i] = from.Doc(id)
		}
		snapshots, err := s.client.GetAll(ctx, refs)
		if err != nil {
			return nil, err
		}
		all = append(all, snapshots...)
	}
	return all, nil
}
