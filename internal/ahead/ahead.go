// SPDX-License-Identifier: Apache-2.0

// Package ahead makes the next value of a sequence while the last is used, so
// that decoding takes no time beside loading where there are two processors.
package ahead

import "iter"

// Seq2 returns a sequence of the same pairs, made in another goroutine, one
// ahead of the one used. The goroutine ends with the sequence; where the user
// stops before, with the pair it is making then.
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
