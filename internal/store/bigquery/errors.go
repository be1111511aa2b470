// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/store"
)

// failure returns err with the database and the operation named, and says what it means
// to the caller and what to do. If the operation ended because ctx was done, failure
// returns the cause of that.
func (s *Store) failure(ctx context.Context, operation string, err error) error {
	if err == nil {
		return nil
	}
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case s.closed.Err() != nil:
		err = errClosed
	case !isOurs(err):
		err = s.translate(google.Explain(asCall(err)))
	}
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrNotInitialized) {
		err = fmt.Errorf("%w: \"kcidb db init -d %s\" makes it", err, s.name)
	}
	return fmt.Errorf("%s: %s: %w", s.name, operation, err)
}

// translate wraps an error of the service in the store's error for it, if there is one.
func (s *Store) translate(err error) error {
	switch {
	case errors.Is(err, google.ErrNotFound): // it was there when the schema was checked
		s.ready.Store(false)
		return fmt.Errorf("%w: %w", store.ErrNotInitialized, err)
	case errors.Is(err, google.ErrForbidden):
		return fmt.Errorf("%w: %w", store.ErrForbidden, err)
	case errors.Is(err, google.ErrQuota), errors.Is(err, google.ErrUnavailable):
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}

// asCall returns the error of a job as the error of a call, which has a meaning.
func asCall(err error) error {
	job, ok := errors.AsType[*bigquery.Error](err)
	if !ok {
		return err
	}
	return &googleapi.Error{Code: http.StatusBadRequest, Message: job.Message, Errors: []googleapi.ErrorItem{{Reason: job.Reason, Message: job.Message}}}
}

// isOurs reports whether an error is one of the store's already.
func isOurs(err error) bool {
	for _, own := range []error{store.ErrNotFound, store.ErrNotInitialized, store.ErrForeign, store.ErrNewSchema, store.ErrOldSchema, store.ErrCorrupt, store.ErrLoaded, store.ErrNoReceipt} {
		if errors.Is(err, own) {
			return true
		}
	}
	return false
}
