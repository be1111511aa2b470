// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"math/rand/v2"

	"github.com/kcidb-go/kcidb/internal/store"
)

// VerifyOptions are the options of Verify.
type VerifyOptions struct {
	// Sample is the share of the chunks to verify; 0 and 1 are all.
	Sample   float64
	Progress store.Progress // may be nil; its total is approximate
	// Checked is called with the kind and the number of items of each chunk that is
	// verified. May be nil.
	Checked func(items string, n int)
}

// Verify recounts the objects, and calls f for each row that differs. It sees the database
// of one moment.
func (db *DB) Verify(ctx context.Context, opts VerifyOptions, f func(Difference)) error {
	err := db.view(ctx, func(ctx context.Context, tx transaction) error {
		c := chunks{
			dialect: db.Dialect, progress: opts.Progress,
			within: func(ctx context.Context, f func(context.Context, transaction) error) error { return f(ctx, tx) },
			use: func(items string, n int) bool {
				if opts.Sample > 0 && rand.Float64() >= opts.Sample {
					return false
				}
				if opts.Checked != nil {
					opts.Checked(items, n)
				}
				return true
			},
		}
		return c.each(ctx, func(_ context.Context, _ transaction, r recount) error {
			for _, d := range r.differences() {
				f(d)
			}
			return nil
		})
	})
	return db.Failure(ctx, "verify", err)
}
