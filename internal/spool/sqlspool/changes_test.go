// SPDX-License-Identifier: Apache-2.0

package sqlspool_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestWatch(t *testing.T) {
	onEngines(t, func(t *testing.T, s *testSpool) {
		ctx := t.Context()
		watched := func(want bool) {
			t.Helper()
			got, err := s.IsWatched(ctx)
			must(t, err)
			if got != want {
				t.Fatalf("watched: %v, want %v", got, want)
			}
		}
		watched(false)
		must(t, s.Watch(ctx))
		must(t, s.Watch(ctx))
		watched(true)
		s.Now = func() time.Time { return noon }
		s.Note(t, 3, "a")
		s.Now = func() time.Time { return noon.Add(time.Second) }
		s.Note(t, 4, "b")
		b, err := s.Backlog(ctx)
		must(t, err)
		if want := (spool.Backlog{Batches: 2, Objects: 7, Oldest: noon}); b != want {
			t.Errorf("backlog %+v, want %+v", b, want)
		}
		must(t, s.Unwatch(ctx))
		watched(false)
		if b, err = s.Backlog(ctx); err != nil || b != (spool.Backlog{}) {
			t.Errorf("backlog %+v, %v after unwatching", b, err)
		}
	})
}

func TestChanges(t *testing.T) {
	onEngines(t, func(t *testing.T, s *testSpool) {
		s.Now = func() time.Time { return noon }
		for _, objects := range []int{5, 5, 20, 1, 1} {
			s.Note(t, objects, "data")
		}
		for objects, want := range map[int]int{0: 1, 1: 1, 9: 1, 10: 2, 29: 2, 30: 3, 31: 4, 32: 5, 1000: 5} {
			got, err := s.Changes(t.Context(), objects)
			must(t, err)
			if len(got) != want || got[0].Objects != 5 || string(got[0].Data) != "data" || !got[0].At.Equal(noon) {
				t.Errorf("of %d objects: %d batches, want %d", objects, len(got), want)
			}
		}
		if err := s.Settle(t.Context(), spool.Settlement{Batches: []string{"1000"}}); !errors.Is(err, spool.ErrTaken) {
			t.Errorf("a batch that is gone: %v", err)
		}
		if err := s.Settle(t.Context(), spool.Settlement{Batches: []string{"of a topic"}}); err == nil {
			t.Error("a batch of another source is settled")
		}
	})
}
