// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

const (
	retryFirst = 50 * time.Millisecond
	retryFor   = 10 * time.Second
)

// retry calls f again after an error that passes, for up to retryFor.
func (s *Store) retry(ctx context.Context, f func() error) error {
	end := time.Now().Add(s.retryFor)
	for wait := retryFirst; ; wait = min(2*wait, time.Second) {
		err := f()
		if err == nil || ctx.Err() != nil || !passes(err) || s.closed.Load() || time.Now().After(end) {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// passes reports whether an error is of a kind that may pass, so that trying again may
// help.
func passes(err error) bool {
	switch state(err) {
	case serializationFailure, deadlockDetected:
		return true
	}
	return isBroken(err) || errors.Is(err, rollup.ErrAgain)
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
