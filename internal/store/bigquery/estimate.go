// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"sync/atomic"

	"github.com/kcidb-go/kcidb/internal/store/columns"
)

// estimateKey is the key of a context's sum of bytes.
type estimateKey struct{}

// Estimate returns a context with which dumps and queries add up in read the bytes that
// they would read, and return few objects or none. BigQuery computes the bytes without
// reading. To follow references, a query does read the index, and the keys and references
// of objects.
func (s *Store) Estimate(ctx context.Context, read *atomic.Int64) context.Context {
	return context.WithValue(ctx, estimateKey{}, read)
}

// sumOf returns the sum of a context, nil if the objects are wanted.
func sumOf(ctx context.Context) *atomic.Int64 {
	sum, _ := ctx.Value(estimateKey{}).(*atomic.Int64)
	return sum
}

// estimate adds the bytes of a query to the sum.
func (s *Store) estimate(ctx context.Context, q query) error {
	n, err := s.bytes(ctx, q)
	sumOf(ctx).Add(n)
	return err
}

// references are the properties that lead from object to object.
var references = []string{"checkout_id", "build_id", "test_id", "issue_id", "issue_version", "git_commit_hash", "patchset_hash", "patchset_files", "origin"}

// estimated returns the columns to read of objects: those given, or only the references
// if the bytes of the query for the given ones are added to the sum of ctx.
func (s *Store) estimated(ctx context.Context, t *columns.Table, some []int, of func(some []int) query) ([]int, error) {
	if sumOf(ctx) == nil {
		return some, nil
	}
	if err := s.estimate(ctx, of(some)); err != nil {
		return nil, err
	}
	return propertyColumns(t, references), nil
}
