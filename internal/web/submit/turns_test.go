// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"
)

// TestLongBodiesTakeTurns lets no long report in while another has the only turn, compressed or
// not. Short reports need no turn.
func TestLongBodiesTakeTurns(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.MaxBytes, d.MaxMemory = 10<<20, 100<<20
	d.memory, d.checking = newMemory(d.MaxMemory), newMemory(d.MaxMemory)
	d.turns = semaphore.NewWeighted(1)
	long := emptyReport + strings.Repeat(" ", longBody)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(long))
	w.Close()
	send := func(body, encoding string) int {
		r := httptest.NewRequest("POST", "/submit", strings.NewReader(body))
		r.Header.Set("Content-Encoding", encoding)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for _, c := range []struct {
		name, body, encoding string
		beside               int // the status while another report has the turn
	}{
		{"short", emptyReport, "", http.StatusOK},
		{"long", long, "", http.StatusServiceUnavailable},
		{"compressed", packed.String(), "gzip", http.StatusServiceUnavailable},
		{"damaged", packed.String()[:packed.Len()-8], "gzip", http.StatusServiceUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			enough := d.Wait
			d.Wait = time.Millisecond
			if !d.turns.TryAcquire(1) {
				t.Fatal("a turn was not given back")
			}
			if got := send(c.body, c.encoding); got != c.beside {
				t.Errorf("while another has the turn: %d, want %d", got, c.beside)
			}
			d.turns.Release(1)
			d.Wait = enough
			if got := send(c.body, c.encoding); got == http.StatusServiceUnavailable {
				t.Errorf("with a free turn: %d", got)
			}
		})
	}
	if !d.turns.TryAcquire(1) || !d.memory.TryAcquire(d.MaxMemory) || !d.checking.TryAcquire(d.MaxMemory) {
		t.Error("a turn or memory was not given back")
	}
}

// TestLongBodiesAreSlowed holds the bytes of long bodies to a rate. A short body passes at once.
func TestLongBodiesAreSlowed(t *testing.T) {
	d, h := newReceiver(t, 0)
	d.MaxBytes, d.MaxMemory = 10<<20, 100<<20
	d.memory, d.checking = newMemory(d.MaxMemory), newMemory(d.MaxMemory)
	if w := ask(h, "POST", "/submit", emptyReport); w.Code != http.StatusOK || !d.pace.free.IsZero() {
		t.Errorf("short: %d, the rate counts until %v", w.Code, d.pace.free)
	}
	begin := time.Now()
	if w := ask(h, "POST", "/submit", emptyReport+strings.Repeat(" ", longBody+longRate/100)); w.Code != http.StatusOK {
		t.Errorf("long: %d %s", w.Code, w.Body)
	}
	if held := d.pace.free.Sub(begin); held < time.Second/100 {
		t.Errorf("long: the rate counts for %v, want 10 ms at least", held)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	d.pace.wait(gone, 1000*longRate)
	d.pace.wait(gone, 1) // returns before its time, because the sender is gone
}
