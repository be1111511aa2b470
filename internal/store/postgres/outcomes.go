// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/object"
)

// Outcomes returns what is needed of tests to sum them up.
func (s *Store) Outcomes(ctx context.Context, builds []string) iter.Seq2[store.Outcome, error] {
	return func(yield func(store.Outcome, error) bool) {
		if err := s.outcomes(ctx, builds, yield); err != nil {
			yield(store.Outcome{}, s.failure(ctx, "outcomes", err))
		}
	}
}

// outcomesSQL selects outcomes in the order they are wanted in, which the server
// sorts them into. The same build may be given twice.
const outcomesSQL = `SELECT o.id, o.build_id, o.origin, coalesce(o.path, ''), coalesce(o.status::text, ''), o.environment_misc, o.start_time
	FROM (SELECT id, min(n) AS n FROM unnest($1::text[]) WITH ORDINALITY AS b(id, n) GROUP BY id) b JOIN test_rows o ON o.build_id = b.id
	ORDER BY b.n, coalesce(o.path, ''), o.id`

func (s *Store) outcomes(ctx context.Context, builds []string, yield func(store.Outcome, error) bool) error {
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	var next store.Outcome
	var platforms rollup.Platforms
	selected := selection(columns.OutcomeColumns, func(_ *object.Set, r *columns.Reader) error {
		o, environment, err := columns.ReadOutcome(r)
		o.Platform = platforms.Of(environment)
		next = o
		return err
	})
	if err := v.byIndex(ctx); err != nil {
		return err
	}
	p := newPages(v, 1, false, func(*object.Set, error) bool { return yield(next, nil) })
	_, err = p.read(ctx, selected, outcomesSQL, builds)
	return v.broken(ctx, err)
}
