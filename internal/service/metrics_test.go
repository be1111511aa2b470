// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
)

// TestLoaderState distinguishes trouble, which makes the process not ready, from
// a remark.
func TestLoaderState(t *testing.T) {
	aside := func(n int) []ingest.Trouble { return []ingest.Trouble{{Kind: "unknown", Submissions: n}} }
	for _, c := range []struct {
		state  ingest.State
		remark string
		err    error
	}{
		{ingest.State{}, "", nil},
		{ingest.State{Aside: aside(1)}, "but 1 submission waits: see the log", nil},
		{ingest.State{Aside: append(aside(2), aside(3)...)}, "but 5 submissions wait: see the log", nil},
		{ingest.State{Blocked: "full", Since: time.Now(), Aside: aside(1)}, "", monitor.Trouble("nothing is loaded: full: see the log")},
	} {
		if remark, err := loaderState(c.state); remark != c.remark || !errors.Is(err, c.err) {
			t.Errorf("%+v: %q, %v, want %q, %v", c.state, remark, err, c.remark, c.err)
		}
	}
}
