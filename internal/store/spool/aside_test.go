// SPDX-License-Identifier: Apache-2.0

package spool_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/spool"
)

// TestAside: what is set aside is kept and listed, until its object matches, somebody
// has it tried again, or it is wiped. It is in the way of nothing that is armed.
func TestAside(t *testing.T) {
	onEngines(t, func(t *testing.T, h *house) {
		aside := func(test, why string) {
			t.Helper()
			h.must(h.Settle(t.Context(), spool.Settlement{Aside: []spool.Aside{{about("s", test), h.now(), why}}}))
		}
		only := func(want int) []spool.Notification {
			t.Helper()
			all, err := h.List(t.Context(), spool.Filter{State: spool.SetAside})
			h.must(err)
			st, err := h.Stats(t.Context())
			h.must(err)
			if len(all) != want || st.Aside != int64(want) {
				t.Fatalf("%d are set aside, %d by the statistics, want %d", len(all), st.Aside, want)
			}
			return all
		}
		aside("1", "panic: one")
		aside("1", "panic: two")
		if n := only(1)[0]; n.Reason != "panic: two" || n.Finished.IsZero() || len(h.pick()) != 0 {
			t.Errorf("%+v", n)
		}
		// Its object changes, and can be considered.
		h.arm(about("s", "1"))
		only(0)
		n := h.one()
		// It waits, and considering the object fails again.
		aside("1", "panic: three")
		only(0)
		// Writing it fails.
		h.must(h.SetAside(t.Context(), n, "panic: four"))
		h.taken(h.SetAside(t.Context(), n, "panic: five"))
		n = &only(1)[0]
		if n.Reason != "panic: four" {
			t.Errorf("%+v", n)
		}
		h.must(h.Resend(t.Context(), n.Number))
		only(0)
		n = h.one()
		h.must(h.Ready(t.Context(), n, spool.Rendered{Recipients: []spool.Recipient{mail("a@x")}}))
		aside("1", "panic: six")
		h.want(n.Number, "ready waiting")
		// One more, which nobody wants.
		aside("2", "panic: seven")
		two := only(1)[0].Number
		h.after(time.Hour)
		if wiped, err := h.Wipe(t.Context(), h.now()); err != nil || wiped != 1 {
			t.Errorf("wiped %d, %v", wiped, err)
		}
		if _, err := h.Get(t.Context(), two); !errors.Is(err, spool.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}
