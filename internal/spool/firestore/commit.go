// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// mostWrites is how many writes a commit has at most.
const mostWrites = 450

// writes are writes that happen together or not at all.
type writes struct {
	//lint:ignore SA1019 a BulkWriter is not atomic, and a transaction that reads nothing takes a second call
	batch *firestore.WriteBatch
	n     int
}

func (s *Spool) newWrites() *writes {
	//lint:ignore SA1019 see the field
	return &writes{batch: s.client.Batch()}
}

// create makes a document. The commit fails if it exists.
func (w *writes) create(ref *firestore.DocumentRef, data any) {
	w.batch.Create(ref, data)
	w.n++
}

// update changes fields of a document. The commit fails if the document changed since.
func (w *writes) update(ref *firestore.DocumentRef, since time.Time, fields ...firestore.Update) {
	w.batch.Update(ref, fields, firestore.LastUpdateTime(since))
	w.n++
}

// set makes or replaces a document.
func (w *writes) set(ref *firestore.DocumentRef, data any) {
	w.batch.Set(ref, data)
	w.n++
}

// delete deletes a document. The commit fails if the document changed since.
func (w *writes) delete(ref *firestore.DocumentRef, since time.Time) {
	w.batch.Delete(ref, firestore.LastUpdateTime(since))
	w.n++
}

// field returns a change of a field. A zero time removes the field.
func field(name string, value any) firestore.Update {
	if at, ok := value.(time.Time); ok && at.IsZero() {
		value = firestore.Delete
	}
	return firestore.Update{Path: name, Value: value}
}

// errConflict: another process changed one of the documents first, so nothing happened.
var errConflict = errors.New("another process changed a document first")

// commit does the writes. It returns errConflict if a precondition does not hold.
func (w *writes) commit(ctx context.Context) ([]*firestore.WriteResult, error) {
	if w.n == 0 {
		return nil, nil
	}
	results, err := w.batch.Commit(ctx)
	switch status.Code(err) {
	case codes.FailedPrecondition, codes.AlreadyExists, codes.NotFound, codes.Aborted:
		err = fmt.Errorf("%w: %w", errConflict, err)
	}
	return results, err
}

// Waits of again after a conflict.
const (
	firstWait    = 5 * time.Millisecond
	longestWait  = time.Second
	mostAttempts = 30
)

// again calls step until it has no conflict with other processes. One of them got on each
// time, so it ends soon.
func again(ctx context.Context, operation string, step func() error) error {
	for attempt := 1; ; attempt++ {
		err := step()
		if !errors.Is(err, errConflict) || attempt == mostAttempts {
			return failure(ctx, operation, err)
		}
		wait := rand.N(min(firstWait<<min(attempt, 10), longestWait))
		select {
		case <-ctx.Done():
			return failure(ctx, operation, ctx.Err())
		case <-time.After(wait):
		}
	}
}
