// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestRest(t *testing.T) {
	for _, test := range []struct {
		busy       bool
		took, want time.Duration
	}{
		{false, 20 * time.Millisecond, 30 * time.Millisecond},
		{false, time.Second, 0},
		{true, 10 * time.Millisecond, 40 * time.Millisecond},
		{true, 40 * time.Millisecond, 80 * time.Millisecond},
		{true, 3 * time.Second, 6 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &Loader{Pace: 50 * time.Millisecond, Busy: func() bool { return test.busy }}
			begin := time.Now()
			l.pause(t.Context(), test.took)
			if got := time.Since(begin); got != test.want {
				t.Errorf("busy %v, after a batch of %v: rests %v, want %v", test.busy, test.took, got, test.want)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			l.pause(ended, time.Hour)
			if got := time.Since(begin); got != test.want {
				t.Errorf("rests when it is to stop, for %v", got-test.want)
			}
		})
	}
}
