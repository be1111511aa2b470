// SPDX-License-Identifier: Apache-2.0

package store

// Wrapper is a Sink that answers from another.
type Wrapper interface {
	// Unwrap returns the sink that answers what the wrapper does not answer itself.
	Unwrap() Sink
}

// As returns the capability T of s: of s itself, or else of the first sink within it
// that has the capability. T is Store, or what only some stores have, such as Lagger.
// A type assertion would miss the capabilities that a wrapper gets from the sink
// within, so use As instead. The exceptions are RoleMaker and Backuper: a wrapper of
// several databases would change, or copy, only the first.
func As[T any](s Sink) (T, bool) {
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
