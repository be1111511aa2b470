// SPDX-License-Identifier: Apache-2.0

package store

// Wrapper is a Store that answers from another.
type Wrapper interface {
	// Unwrap returns the store that answers what the wrapper does not answer itself.
	Unwrap() Store
}

// As returns s, or the first store within it, that has the capability T:
// Objects, Overviewer, Lagger, RollUpper, Spooler, or several of them. These
// have no method that loads, because what is written has to go through s itself.
// Use As instead of a type assertion, which forgets what a wrapper does not
// implement.
func As[T any](s Store) (T, bool) {
	for {
		if capable, ok := s.(T); ok {
			return capable, true
		}
		w, ok := s.(Wrapper)
		if !ok {
			var none T
			return none, false
		}
		s = w.Unwrap()
	}
}
