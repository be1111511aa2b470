// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
)

// Runs returns the tests of builds as lists show them.
func (s *Store) Runs(ctx context.Context, builds []string) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		yield(store.Run{}, s.failure(ctx, "runs", store.ErrUnsupported))
	}
}
