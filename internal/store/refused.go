// SPDX-License-Identifier: Apache-2.0

package store

import "errors"

// ErrRefused: the engine cannot keep the data itself, however often it is
// tried. It is the only error of Load after which a report may be given up.
// Drivers return it, as a *Refused, for the engine's data errors and for
// nothing else.
var ErrRefused = errors.New("the database cannot keep this data")

// Refused is an error that says why the engine cannot keep data.
type Refused struct {
	// Why is for the submitter: it names no path, host or user of the server.
	Why string
	// Err is the engine's error, for the log.
	Err error
}

// Error returns the reason and the engine's words.
func (r *Refused) Error() string {
	return ErrRefused.Error() + ": " + r.Why + ": " + r.Err.Error()
}

// Is reports whether target is ErrRefused.
func (r *Refused) Is(target error) bool { return target == ErrRefused }

// Unwrap returns the engine's error.
func (r *Refused) Unwrap() error { return r.Err }
