// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// holding is the document of the lease.
type holding struct {
	Holder string    `firestore:"holder"`
	Until  time.Time `firestore:"until"`
}

// leaseID is the ID of the document of the only lease.
const leaseID = "considering"

// Lease makes the holder the only process that considers changes.
func (s *Spool) Lease(ctx context.Context, holder string, d time.Duration) (got bool, err error) {
	err = again(ctx, "lease", func() error {
		snapshots, err := s.get(ctx, s.lease, []string{leaseID})
		if err != nil {
			return err
		}
		now := s.now()
		want := holding{holder, pickedUntil(now, d)}
		w := s.newWrites()
		if !snapshots[0].Exists() {
			w.create(snapshots[0].Ref, want)
		} else {
			has, err := read[holding](snapshots[0])
			if err != nil {
				return err
			}
			got = has.Holder == holder
			if !free(has.Until, now) && (!got || has.Until.Sub(now) >= min(d, spool.LongestPick)/2) {
				return nil
			}
			w.update(snapshots[0].Ref, snapshots[0].UpdateTime, field("holder", holder), field("until", want.Until))
		}
		_, err = w.commit(ctx)
		got = err == nil
		return err
	})
	return got && err == nil, err
}

// Release ends the holder's lease, if it has one.
func (s *Spool) Release(ctx context.Context, holder string) error {
	return again(ctx, "release", func() error {
		snapshots, err := s.get(ctx, s.lease, []string{leaseID})
		if err != nil || !snapshots[0].Exists() {
			return err
		}
		has, err := read[holding](snapshots[0])
		if err != nil || has.Holder != holder {
			return err
		}
		w := s.newWrites()
		w.delete(snapshots[0].Ref, snapshots[0].UpdateTime)
		_, err = w.commit(ctx)
		return err
	})
}
