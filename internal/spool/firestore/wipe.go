// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"cloud.google.com/go/firestore"
	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/spool"
)

const (
	// wipePage is how many notifications Wipe reads at a time.
	wipePage = 200
	// wipesAtOnce is how many notifications Wipe removes at a time, each with a commit.
	wipesAtOnce = 8
)

// Wipe removes notifications, and the counters of the days before.
func (s *Spool) Wipe(ctx context.Context, until time.Time) (int64, error) {
	var wiped atomic.Int64
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(wipesAtOnce)
	// Only what is done, dropped or set aside has the field.
	finished := s.notifications.Where("finished", "<", kept(until)).OrderBy("finished", firestore.Asc)
	err := each(groupCtx, finished, wipePage, func(snapshot *firestore.DocumentSnapshot) (bool, error) {
		group.Go(func() error {
			gone, err := s.wipe(groupCtx, snapshot)
			if gone {
				wiped.Add(1)
			}
			return err
		})
		return true, nil
	})
	if failed := group.Wait(); failed != nil {
		err = failed
	}
	if err = failure(ctx, "wipe", err); err == nil {
		err = s.deleteAll(ctx, "wipe", s.considered.Where("day", "<", until.UTC().Format(time.DateOnly)).OrderBy("day", firestore.Asc))
	}
	return wiped.Load(), err
}

// wipe removes a notification and its deliveries, unless a digest has yet to list one, or
// the notification changed since.
func (s *Spool) wipe(ctx context.Context, snapshot *firestore.DocumentSnapshot) (gone bool, err error) {
	n, err := read[notification](snapshot)
	if err != nil {
		return false, err
	}
	deliveries, err := s.get(ctx, s.deliveries, deliveryIDs(snapshot.Ref.ID, n.Deliveries))
	if err != nil {
		return false, err
	}
	w := s.newWrites()
	w.delete(snapshot.Ref, snapshot.UpdateTime)
	for _, one := range deliveries {
		if !one.Exists() {
			return false, nil // another process wipes
		}
		d, err := read[delivery](one)
		if err != nil || d.State == spool.Held {
			return false, err
		}
		w.delete(one.Ref, one.UpdateTime)
	}
	_, err = w.commit(ctx)
	if errors.Is(err, errConflict) {
		return false, nil
	}
	return err == nil, err
}

// ForgetStatuses deletes the statuses of objects that were last considered before.
func (s *Spool) ForgetStatuses(ctx context.Context, until time.Time) error {
	return s.deleteAll(ctx, "forget statuses", s.statuses.Where("at", "<", kept(until)).OrderBy("at", firestore.Asc))
}

// deleteAll deletes the documents of a query that do not change meanwhile, many with one
// commit.
func (s *Spool) deleteAll(ctx context.Context, operation string, q firestore.Query) error {
	for {
		more := false
		err := again(ctx, operation, func() error {
			found, err := q.Limit(mostWrites).Documents(ctx).GetAll()
			if err != nil {
				return err
			}
			w := s.newWrites()
			for _, snapshot := range found {
				w.delete(snapshot.Ref, snapshot.UpdateTime)
			}
			more = len(found) == mostWrites
			_, err = w.commit(ctx)
			return err
		})
		if err != nil || !more {
			return err
		}
	}
}
