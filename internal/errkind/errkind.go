// SPDX-License-Identifier: Apache-2.0

// Package errkind gives errors a kind, which says what a caller can do about them.
//
// The contracts of the store and of the queue make their sentinel errors with New,
// so that each sentinel has a kind where it is defined. Callers that only need to
// know what to do next ask for the kind: the HTTP status (web/front), the exit status
// (cmd/kcidb), and whether the loader, the notifier and the reader of a replica try
// again. Callers that act on one particular error compare it with errors.Is.
package errkind

import "errors"

// Kind says what a caller can do about an error.
type Kind int

// The kinds.
const (
	// Unknown: the error has no kind. The program or the engine did not expect it.
	Unknown Kind = iota
	// Busy: the engine is in use, restarts or does not answer. The same call may
	// succeed some seconds later.
	Busy
	// Full: no space is left. The same call succeeds once there is space again.
	Full
	// Broken: the engine is missing, damaged, read-only, or has a schema or rights that
	// do not fit this program. Every call fails until an administrator has acted.
	Broken
	// Gone: the object of the call does not exist, or does not exist any more.
	Gone
	// Wrong: the engine cannot do this call, and will not later.
	Wrong
	// TooLarge: the call asks for more, or brings more, than the engine allows.
	TooLarge
	// Unsupported: this kind of engine never does such calls.
	Unsupported
)

// Passes reports whether the engine as a whole is in trouble, so that the same call
// may succeed later without any change to it.
func (k Kind) Passes() bool { return k == Busy || k == Full || k == Broken }

// sentinel is an error with a kind.
type sentinel struct {
	kind Kind
	text string
}

func (s *sentinel) Error() string { return s.text }

// New returns a sentinel error with a kind. Errors that wrap it have the same kind.
func New(kind Kind, text string) error { return &sentinel{kind, text} }

// Of returns the kind of an error, that of the first sentinel that it wraps.
func Of(err error) Kind {
	if s, ok := errors.AsType[*sentinel](err); ok {
		return s.kind
	}
	return Unknown
}
