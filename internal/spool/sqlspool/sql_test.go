// SPDX-License-Identifier: Apache-2.0

package sqlspool_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// TestWithoutHTML reads a notification that an earlier version wrote.
func TestWithoutHTML(t *testing.T) {
	onEngines(t, func(t *testing.T, s *testSpool) {
		test := object.TestRef("ci:1")
		must(t, s.Settle(t.Context(), spool.Settlement{Notifications: []spool.NewNotification{
			{Identity: spool.Identity{Subscription: "s", Object: test}, Changed: s.Now().Add(-time.Minute)},
		}}))
		picked, err := s.PickNotifications(t.Context(), 1, time.Minute)
		must(t, err)
		must(t, s.MarkReady(t.Context(), &picked[0], spool.Rendered{Body: "B", HTML: "<p>B</p>"}))
		s.exec(t, "UPDATE notifications SET html = NULL WHERE number = $1", picked[0].Number)
		got, err := s.Get(t.Context(), picked[0].Number)
		must(t, err)
		if got.HTML != "" || got.Body != "B" {
			t.Errorf("%+v", got)
		}
	})
}

// TestPicksByIndex: a route that is down and has many deliveries is not read through
// for those of another.
func TestPicksByIndex(t *testing.T) {
	s := newSpool(t, openSQLite(t))
	for _, query := range []string{
		"SELECT number FROM deliveries WHERE state = 'waiting' AND via = 'mail' AND due <= 5 ORDER BY due, number LIMIT 1",
		"SELECT min(via) FROM deliveries WHERE state = 'waiting' AND via > 'mail'",
	} {
		var plan []string
		must(t, s.db.ReadCommitted(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			var id, parent, unused int
			var step string
			return sqldb.Read(ctx, tx, "EXPLAIN QUERY PLAN "+query, nil, []any{&id, &parent, &unused, &step}, func() error {
				plan = append(plan, step)
				return nil
			})
		}))
		if got := strings.Join(plan, "; "); !strings.HasPrefix(got, "SEARCH deliveries USING") || !strings.Contains(got, "INDEX deliveries_due (via") {
			t.Errorf("%s\n%s", query, got)
		}
	}
}
