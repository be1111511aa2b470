// SPDX-License-Identifier: Apache-2.0

package arrival

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 345, time.FixedZone("", 3600))

func TestAfter(t *testing.T) {
	now := noon.UTC().Truncate(time.Microsecond)
	for name, c := range map[string]struct{ other, want time.Time }{
		"none":               {time.Time{}, now},
		"earlier":            {noon.Add(-time.Second), now},
		"the same":           {noon, now.Add(time.Microsecond)},
		"later":              {noon.Add(time.Hour), now.Add(time.Hour + time.Microsecond)},
		"as far as believed": {now.Add(MaxAhead), now.Add(MaxAhead + time.Microsecond)},
		"farther":            {now.Add(MaxAhead + 1), now},
	} {
		if got := TimeAfter(noon, c.other); !got.Equal(c.want) || got.Location() != time.UTC {
			t.Errorf("after %s: %v, want %v", name, got, c.want)
		}
	}
}

// TestClock steps the machine's clock back, and starts again.
func TestClock(t *testing.T) {
	now := noon
	c := NewClock(func() time.Time { return now })
	last := c.Next()
	if !last.Equal(noon.Truncate(time.Microsecond)) {
		t.Errorf("the first time is %v, now is %v", last, noon)
	}
	follows := func(d time.Duration) {
		t.Helper()
		if next := c.Next(); next.Sub(last) != d {
			t.Errorf("%v follows %v, want %v later", next, last, d)
		} else {
			last = next
		}
	}
	follows(time.Microsecond)
	now = now.Add(-48 * time.Hour)
	follows(time.Microsecond)
	follows(time.Microsecond)
	now = now.Add(48*time.Hour + time.Second)
	follows(time.Second - 3*time.Microsecond)

	now = now.Add(-time.Hour)
	c = NewClock(c.Now)
	if c.Seed(now.Add(MaxAhead + 1)) {
		t.Error("a time too far ahead is believed")
	}
	if !c.Seed(last) || !c.Seed(last.Add(-time.Second)) {
		t.Error("a time is not believed")
	}
	follows(time.Microsecond)
}

func TestClockConcurrently(t *testing.T) {
	c := NewClock(func() time.Time { return noon })
	var mu sync.Mutex
	seen := make(map[time.Time]bool)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				next := c.Next()
				mu.Lock()
				if seen[next] {
					t.Errorf("%v twice", next)
				}
				seen[next] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

// TestSeedBy seeds from a queue that answers, and from a queue that returns an
// error.
func TestSeedBy(t *testing.T) {
	c := NewClock(func() time.Time { return noon })
	failed := errors.New("not allowed")
	if err := c.SeedBy(t.Context(), func(context.Context) (time.Time, error) { return noon.Add(time.Hour), failed }); !errors.Is(err, failed) {
		t.Errorf("asked in vain: %v", err)
	}
	if next := c.Next(); !next.Equal(noon.Truncate(time.Microsecond)) {
		t.Errorf("not seeded, it gives %v", next)
	}
	err := c.SeedBy(t.Context(), func(ctx context.Context) (time.Time, error) {
		if end, ok := ctx.Deadline(); !ok || time.Until(end) > askTime {
			t.Errorf("it may take until %v", end)
		}
		return noon.Add(time.Hour), nil
	})
	if next := c.Next(); err != nil || !next.After(noon.Add(time.Hour-time.Microsecond)) {
		t.Errorf("seeded, it gives %v, %v", next, err)
	}
}
