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

// passes reports whether the database as a whole is in trouble, or this process ends,
// so that trying again later may help. Damage may be that of a single object, which
// is then set aside.
func passes(err error) bool {
	if errors.Is(err, store.ErrCorrupt) {
		return false
	}
	return errkind.Of(err).Passes() || errors.Is(err, context.Canceled)
}

// triesFirst is how often considering, or writing, fails as a whole before what
// fails is set aside: errors that no database names may pass, too. Panics do not.
const triesFirst = 3
