// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// testRoutes: each route has its own deliveries. Routes returns it while one of them is due and
// not picked, RoutesWaiting while one of them waits.
func testRoutes(t *testing.T, f *fixture) {
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
}
