// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/store"
)

// panicked is the error of a panic.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Permanent reports true, because the same input would panic again.
func (p *panicked) Permanent() bool { return true }

// catchPanic calls f, and returns a panic as an error. One object or one delivery must
// not end the process.
func catchPanic(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value, debug.Stack()}
		}
	}()
	return f()
}

// stackOf returns the stack of a panic, or "" for another error.
func stackOf(err error) string {
	if p, ok := errors.AsType[*panicked](err); ok {
		return string(p.stack)
	}
	return ""
}

// transient reports whether an error is of the database as a whole, or ends this process,
// so that trying again later helps. A damaged object is not transient: it may be the only
// damaged object, and is set aside.
func transient(err error) bool {
	if errors.Is(err, store.ErrCorrupt) {
		return false
	}
	return errkind.Of(err).Passes() || errors.Is(err, context.Canceled)
}

// maxFailures is how often considering, or writing one notification, fails before the
// failing object or notification is set aside. An unknown error may end by itself; a
// panic does not.
const maxFailures = 3
