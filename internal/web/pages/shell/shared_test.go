// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestShared: a value is read once for a while, and an error is not kept.
func TestShared(t *testing.T) {
	clock, reads := now, 0
	var fails error
	var s Shared[int]
	get := func() (int, error) {
		return s.Get(t.Context(), func() time.Time { return clock }, func(context.Context) (int, error) {
			reads++
			clock = clock.Add(time.Second) // how long it takes
			return reads, fails
		})
	}
	for _, step := range []struct {
		after time.Duration
		fails error
		want  int
	}{
		{0, errors.New("broken"), 1},
		{0, nil, 2},
		{19 * time.Second, nil, 2},
		{2 * time.Second, errors.New("broken"), 3},
		{0, nil, 4},
	} {
		clock, fails = clock.Add(step.after), step.fails
		if got, err := get(); got != step.want || err != nil && step.fails == nil {
			t.Errorf("%+v: %d, %v", step, got, err)
		}
	}
}
