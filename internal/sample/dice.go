// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"math/bits"
	"math/rand/v2"
)

// dice are a source of random numbers. They use only the generator's raw numbers
// and integer arithmetic: the methods of rand.Rand may draw differently in
// another version of Go, and floating point differs between processors.
type dice struct{ pcg rand.PCG }

// newDice returns the dice for the thing that the keys name. Equal keys give
// equal dice, at any time.
func newDice(keys ...uint64) *dice {
	key := hashKeys(keys...)
	d := new(dice)
	d.pcg.Seed(key, key^0x9e3779b97f4a7c15)
	return d
}

// intn returns a number from 0 to k-1.
func (d *dice) intn(k int) int {
	high, _ := bits.Mul64(d.pcg.Uint64(), uint64(k))
	return int(high)
}

// between returns a number from low to high, inclusive.
func (d *dice) between(low, high int) int { return low + d.intn(high-low+1) }

// percent returns true in p of a hundred calls.
func (d *dice) percent(p int) bool { return d.intn(100) < p }

// skewed returns a number from 1 to most. Small numbers are far more frequent:
// a tenth of them are in the upper half.
func (d *dice) skewed(most int) int {
	n := int64(d.intn(most)) // products of two int32 values need 64 bits
	n = n * int64(d.intn(most)) / int64(most)
	return 1 + int(n*int64(d.intn(most))/int64(most))
}

// pick returns one of the choices.
func pick[T any](d *dice, choices []T) T { return choices[d.intn(len(choices))] }

// hashKeys returns a number that looks random and depends on all keys and their order.
// Traits that must stay (a machine always lacks a feature, a test is flaky on a
// board) are computed from names with it, and need no memory.
func hashKeys(keys ...uint64) uint64 {
	sum := uint64(0x243f6a8885a308d3)
	for _, key := range keys {
		sum += key + 0x9e3779b97f4a7c15
		sum = (sum ^ sum>>30) * 0xbf58476d1ce4e5b9
		sum = (sum ^ sum>>27) * 0x94d049bb133111eb
		sum ^= sum >> 31
	}
	return sum
}

// hash returns the key of a name (FNV-1a).
func hash(name string) uint64 {
	sum := uint64(0xcbf29ce484222325)
	for i := range len(name) {
		sum = (sum ^ uint64(name[i])) * 0x100000001b3
	}
	return sum
}
