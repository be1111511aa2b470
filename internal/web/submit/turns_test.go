// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
	"compress/gzip"
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
	d.memory, d.checking = semaphore.NewWeighted(d.MaxMemory), semaphore.NewWeighted(d.MaxMemory)
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
