// SPDX-License-Identifier: Apache-2.0

// Package prefetch makes the next value of a sequence while the caller uses the
// value before it, so that decoding takes no time beside loading if there are two
// processors.
package prefetch

import "iter"

// Seq2 returns the same sequence of pairs, each made in another goroutine, one
// pair ahead. The goroutine ends with the sequence, or with the pair it is making
// when the caller stops.
func Seq2[K, V any](pairs iter.Seq2[K, V]) iter.Seq2[K, V] {
	type pair struct {
		k K
		v V
	}
	return func(yield func(K, V) bool) {
		made, stopped := make(chan pair), make(chan struct{})
		defer close(stopped)
		go func() {
			defer close(made)
			for k, v := range pairs {
				select {
				case made <- pair{k, v}:
				case <-stopped:
					return
				}
			}
		}()
		for p := range made {
			if !yield(p.k, p.v) {
				return
			}
		}
	}
}
