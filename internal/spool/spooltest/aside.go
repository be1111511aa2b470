// SPDX-License-Identifier: Apache-2.0

package spooltest

import (
	"errors"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// testAside: a notification that is set aside is kept and listed until its object
// matches, an operator resends it, or it is wiped. It does not stop a notification from
// being armed.
func testAside(t *testing.T, f *fixture) {
	aside := func(test, why string) {
		t.Helper()
		f.must(f.Settle(t.Context(), spool.Settlement{Aside: []spool.Aside{{Identity: identityOf("s", test), At: f.now(), Why: why}}}))
	}
	only := func(want int) []spool.Notification {
		t.Helper()
		all, err := f.List(t.Context(), spool.Filter{State: spool.SetAside})
		f.must(err)
		st, err := f.Stats(t.Context())
		f.must(err)
		if len(all) != want || st.Aside != int64(want) {
			t.Fatalf("%d are set aside, %d by the statistics, want %d", len(all), st.Aside, want)
		}
		return all
	}
	aside("1", "panic: one")
	aside("1", "panic: two")
	if n := only(1)[0]; n.Reason != "panic: two" || n.Finished.IsZero() || len(f.pick()) != 0 {
		t.Errorf("%+v", n)
	}
	// Its object changes, and can be considered.
	f.arm(identityOf("s", "1"))
	only(0)
	n := f.pickOne()
	// It waits, and considering the object fails again.
	aside("1", "panic: three")
	only(0)
	// Writing it fails.
	f.must(f.SetAside(t.Context(), n, "panic: four"))
	f.allowTaken(f.SetAside(t.Context(), n, "panic: five"))
	n = &only(1)[0]
	if n.Reason != "panic: four" {
		t.Errorf("%+v", n)
	}
	f.must(f.Resend(t.Context(), n.Number))
	only(0)
	n = f.pickOne()
	f.must(f.MarkReady(t.Context(), n, spool.Rendered{Recipients: []spool.Recipient{mail("a@x")}}))
	aside("1", "panic: six")
	f.wantState(n.Number, "ready waiting")
	// One more, which is wiped.
	aside("2", "panic: seven")
	two := only(1)[0].Number
	f.advance(time.Hour)
	if wiped, err := f.Wipe(t.Context(), f.now()); err != nil || wiped != 1 {
		t.Errorf("wiped %d, %v", wiped, err)
	}
	if _, err := f.Get(t.Context(), two); !errors.Is(err, spool.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
