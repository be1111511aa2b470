// SPDX-License-Identifier: Apache-2.0

package sqlspool_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// TestRoutes: each route has its own deliveries. Routes returns it while one of them is due and
// not picked, RoutesWaiting while one of them waits.
func TestRoutes(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		routes := func(want ...string) {
			t.Helper()
			got, err := f.Routes(t.Context())
			f.must(err)
			slices.Sort(got)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("routes are %v, want %v", got, want)
			}
		}
		pick := func(route string, n int) []*spool.Picked {
			t.Helper()
			picked, err := f.PickDeliveries(t.Context(), route, 9, time.Minute)
			f.must(err)
			if len(picked) != n {
				t.Fatalf("%s: picked %d deliveries, want %d", route, len(picked), n)
			}
			for _, p := range picked {
				if p.Via != route {
					t.Errorf("picked one by %s, want %s", p.Via, route)
				}
			}
			return picked
		}
		routes()
		f.ready(identityOf("s", "1"), mail("a@x"), mail("b@x"), spool.Recipient{Via: "webhook:a"}, spool.Recipient{Via: spool.Feed})
		f.ready(identityOf("s", "2"), spool.Recipient{Via: "webhook:b"})
		routes("mail", "webhook:a", "webhook:b")
		mails := pick(spool.Mail, 2)
		pick(spool.Mail, 0)
		routes("webhook:a", "webhook:b")
		a := pick("webhook:a", 1)
		f.must(f.RetryDelivery(t.Context(), a[0], "no", time.Hour))
		f.must(f.MarkSent(t.Context(), mails[0]))
		routes("webhook:b")
		waiting, err := f.RoutesWaiting(t.Context()) // also what is picked, or due later
		f.must(err)
		if slices.Sort(waiting); !slices.Equal(waiting, []string{"mail", "webhook:a", "webhook:b"}) {
			t.Errorf("deliveries wait for %v", waiting)
		}
		f.advance(2 * time.Minute)
		routes("mail", "webhook:b") // the pick of the other mail ran out
		f.advance(time.Hour)
		routes("mail", "webhook:a", "webhook:b")
		pick("webhook:c", 0)
	})
}

// TestPicksByIndex: a route that is down and has many deliveries is not read through
// for those of another.
func TestPicksByIndex(t *testing.T) {
	f := newFixture(t, openSQLite(t))
	for _, query := range []string{
		"SELECT number FROM deliveries WHERE state = 'waiting' AND via = 'mail' AND due <= 5 ORDER BY due, number LIMIT 1",
		"SELECT min(via) FROM deliveries WHERE state = 'waiting' AND via > 'mail'",
	} {
		var plan []string
		f.must(f.db.ReadCommitted(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
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
