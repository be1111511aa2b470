// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestReportsTakePlaces refuses a report whose sender has all its places, and no other one.
func TestReportsTakePlaces(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.Wait = time.Millisecond
	for range placesEach {
		if d.places.take(t.Context(), "192.0.2.1", d.Wait) == nil {
			t.Fatal("a free place was not given")
		}
	}
	for address, want := range map[string]int{"192.0.2.1": http.StatusServiceUnavailable, "192.0.2.2": http.StatusOK} {
		r := httptest.NewRequest("POST", "/submit", strings.NewReader(emptyReport))
		r.RemoteAddr = address + ":1"
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: %d %s, want %d", address, w.Code, w.Body, want)
		}
	}
}

// TestPlaces: a sender with all its places waits for one of them, another sender does not, and
// nothing is kept of senders without reports.
func TestPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p places
		var leaves []func()
		take := func(sender string) bool {
			leave := p.take(t.Context(), sender, time.Second)
			if leave != nil {
				leaves = append(leaves, leave)
			}
			return leave != nil
		}
		for range placesEach {
			if !take("busy") {
				t.Fatal("a free place was not given")
			}
		}
		begun := time.Now()
		if take("busy") || time.Since(begun) != time.Second {
			t.Errorf("one place too many was given, or refused after %v", time.Since(begun))
		}
		if begun = time.Now(); !take("other") || time.Since(begun) > 0 {
			t.Errorf("another sender waited %v", time.Since(begun))
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if p.take(gone, "busy", time.Hour) != nil {
			t.Error("a sender that is gone got a place")
		}
		time.AfterFunc(time.Millisecond, leaves[0])
		if begun = time.Now(); !take("busy") || time.Since(begun) != time.Millisecond {
			t.Errorf("a place that was given back was taken after %v", time.Since(begun))
		}
		for _, leave := range leaves[1:] {
			leave()
		}
		if len(p.of) > 0 {
			t.Errorf("%d senders are kept", len(p.of))
		}
	})
}
