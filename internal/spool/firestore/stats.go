// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// Stats counts, by a query for each number. Deliveries count for the day on which they
// ended.
func (s *Spool) Stats(ctx context.Context) (st spool.Stats, err error) {
	ended := s.deliveries.Where("at", ">", s.now().Add(-spool.Day))
	waiting := s.deliveries.Where("state", "==", spool.Waiting)
	for _, c := range []struct {
		into *int64
		of   firestore.Query
	}{
		{&st.Waiting, s.notifications.Where("state", "==", spool.Waiting)},
		{&st.Ready, s.notifications.Where("state", "==", spool.Ready)},
		{&st.Aside, s.notifications.Where("state", "==", spool.SetAside)},
		{&st.Deliveries, waiting},
		{&st.Sent, ended.Where("state", "==", spool.Sent)},
		{&st.Failed, ended.Where("state", "==", spool.Failed)},
		{&st.Held, ended.Where("state", "in", []string{spool.Held, spool.Digested})},
	} {
		if *c.into, err = s.countOf(ctx, c.of); err != nil {
			return spool.Stats{}, failure(ctx, "stats", err)
		}
	}
	first, err := waiting.OrderBy("due", firestore.Asc).Limit(1).Documents(ctx).GetAll()
	if err != nil || len(first) == 0 {
		return st, failure(ctx, "stats", err)
	}
	d, err := read[delivery](first[0])
	st.Oldest = d.Due
	return st, failure(ctx, "stats", err)
}
