// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"time"
)

// Stats is what the spool holds, and how it ends.
type Stats struct {
	Waiting    int64     // notifications to be rendered
	Ready      int64     // notifications with deliveries to be sent
	Deliveries int64     // these deliveries
	Oldest     time.Time // when the first of these deliveries is due; zero without any
	Aside      int64     // notifications that are set aside
	// Deliveries of the notifications that ended within the last 24 hours.
	Sent, Failed, Held int64
}

// Stats counts. It costs what waits and what ended within a day, however much
// there is of the past.
func (s *Spool) Stats(ctx context.Context) (Stats, error) {
	var st Stats
	var oldest int64
	now := s.now()
	for _, q := range []struct {
		query string
		args  []any
		dest  []any
	}{
		{"SELECT count(*) FROM notifications WHERE state = 'waiting'", nil, []any{&st.Waiting}},
		{"SELECT count(DISTINCT notification), count(*), coalesce(min(due), 0) FROM deliveries WHERE state = 'waiting'",
			nil, []any{&st.Ready, &st.Deliveries, &oldest}},
		{"SELECT count(*) FROM notifications WHERE state = 'aside'", nil, []any{&st.Aside}},
		{`SELECT count(*) FILTER (WHERE d.state = 'sent'), count(*) FILTER (WHERE d.state = 'failed'),
				count(*) FILTER (WHERE d.state IN ('held', 'digested'))
			FROM notifications n JOIN deliveries d ON d.notification = n.number WHERE n.finished > ?`,
			[]any{now - day.Microseconds()}, []any{&st.Sent, &st.Failed, &st.Held}},
	} {
		if err := s.Read.QueryRowContext(ctx, s.sql(q.query), q.args...).Scan(q.dest...); err != nil {
			return Stats{}, s.failure(ctx, "stats", err)
		}
	}
	st.Oldest = moment(oldest)
	return st, nil
}
