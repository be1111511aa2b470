// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/kcidb-go/kcidb/internal/store"
)

// panicked is the error of what panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// Permanent reports that it would panic again.
func (p *panicked) Permanent() bool { return true }

// guard calls f, and makes an error of a panic in it: one object, or one delivery,
// must not end the process.
func guard(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value, debug.Stack()}
		}
	}()
	return f()
}

// stackOf returns where an error panicked, "" if it did not.
func stackOf(err error) string {
	if p, ok := errors.AsType[*panicked](err); ok {
		return string(p.stack)
	}
	return ""
}

// passing are the troubles of a database that pass by themselves, or that its
// administrator ends. They have nothing to do with the object at hand.
var passing = []error{
	store.ErrUnavailable, store.ErrBusy, store.ErrFull, store.ErrReadOnly, store.ErrForbidden, store.ErrNotFound,
	store.ErrNotInitialized, store.ErrOldSchema, store.ErrNewSchema, context.Canceled,
}

// passes reports whether an error is one of the database as a whole, so that trying
// again later may help.
func passes(err error) bool {
	for _, one := range passing {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// triesFirst is how often considering, or writing, fails as a whole before what
// fails is set aside: errors that no database names may pass, too. Panics do not.
const triesFirst = 3
