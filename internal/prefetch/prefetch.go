// SPDX-License-Identifier: Apache-2.0

// Package prefetch makes the next value of a sequence while the caller uses the
// current value. With two processors, decoding then takes no time in addition to
// loading.
package prefetch

import "iter"

// Seq2 returns the same sequence of pairs. Another goroutine makes the pairs, at
// most one ahead of the caller. The goroutine ends with the sequence, or, if the
// caller stops, after the pair it is making.
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
