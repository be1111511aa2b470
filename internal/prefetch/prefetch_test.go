// SPDX-License-Identifier: Apache-2.0

package prefetch

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"
)

func TestAllInOrder(t *testing.T) {
	letters := []string{"a", "b", "c"}
	var got []string
	for i, v := range Seq2(slices.All(letters)) {
		if letters[i] != v {
			t.Errorf("%d is %s", i, v)
		}
		got = append(got, v)
	}
	if !slices.Equal(got, letters) {
		t.Errorf("got %v", got)
	}
	for range Seq2(maps.All(map[int]int(nil))) {
		t.Error("a value of an empty sequence")
	}
}

// TestOneAhead: at most one pair is made ahead, and no pair after the caller
// has stopped.
func TestOneAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 0
		numbers := func(yield func(int, error) bool) {
			for ; ; made++ {
				if !yield(made, nil) {
					return
				}
			}
		}
		for n := range Seq2(numbers) {
			synctest.Wait()
			if made != n+1 {
				t.Errorf("at %d the sequence is at %d", n, made)
			}
			if n == 3 {
				break
			}
		}
		synctest.Wait()
		if made != 4 {
			t.Errorf("stopped at 3, the sequence went on to %d", made)
		}
	})
}
