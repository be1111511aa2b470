// SPDX-License-Identifier: Apache-2.0

package sqlspool

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Stats implements spool.Spool.
func (s *Spool) Stats(ctx context.Context) (st spool.Stats, err error) {
	var oldest int64
	err = s.readCommitted(ctx, "stats", func(t *tx) error {
		for _, q := range []struct {
			query string
			args  []any
			into  []any
		}{
			{"SELECT count(*) FROM notifications WHERE state = 'waiting'", nil, []any{&st.Waiting}},
			{"SELECT count(DISTINCT notification), count(*), coalesce(min(due), 0) FROM deliveries WHERE state = 'waiting'",
				nil, []any{&st.Ready, &st.Deliveries, &oldest}},
			{"SELECT count(*) FROM notifications WHERE state = 'aside'", nil, []any{&st.Aside}},
			{`SELECT count(*) FILTER (WHERE d.state = 'sent'), count(*) FILTER (WHERE d.state = 'failed'),
					count(*) FILTER (WHERE d.state IN ('held', 'digested'))
				FROM notifications n JOIN deliveries d ON d.notification = n.number WHERE n.finished > $1`,
				[]any{t.now - spool.Day.Microseconds()}, []any{&st.Sent, &st.Failed, &st.Held}},
		} {
			if _, err := t.read(q.query, q.args, q.into...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return spool.Stats{}, err
	}
	st.Oldest = sqldb.Time(oldest)
	return st, nil
}
