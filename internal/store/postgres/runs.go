// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/object"
)

// Runs returns the tests of builds as lists show them, by path and ID.
func (s *Store) Runs(ctx context.Context, builds []string, after store.RunKey) iter.Seq2[store.Run, error] {
	return func(yield func(store.Run, error) bool) {
		if err := s.runs(ctx, builds, after, yield); err != nil {
			yield(store.Run{}, s.failure(ctx, "runs", err))
		}
	}
}

// runsSQL selects runs in the order they are wanted in. The same build may be
// given twice. The tests that a key leaves out are read from the index by build and
// then left out: the server reads the tests of a build to sort them anyway.
const runsSQL = `SELECT o.id, o.build_id, o.origin, coalesce(o.path, ''), coalesce(o.status::text, ''), o.start_time, o.duration,
		o.environment_compatible, o.environment_misc, o.log_url, o.misc
	FROM (SELECT id, min(n) AS n FROM unnest($1::text[]) WITH ORDINALITY AS b(id, n) GROUP BY id) b JOIN test_rows o ON o.build_id = b.id
	WHERE o.build_id <> $2 OR (coalesce(o.path, ''), o.id) > ($3, $4)
	ORDER BY b.n, coalesce(o.path, ''), o.id`

func (s *Store) runs(ctx context.Context, builds []string, after store.RunKey, yield func(store.Run, error) bool) error {
	v, err := s.view(ctx)
	if err != nil {
		return err
	}
	defer v.close()
	var next columns.Run
	selected := selection(columns.Names(&next), func(_ *object.Set, r *columns.Reader) error {
		next = columns.Run{}
		return r.Read(&next)
	})
	if err := v.byIndex(ctx); err != nil {
		return err
	}
	p := newPages(v, 1, false, func(*object.Set, error) bool { return yield(next.Run, nil) })
	_, err = p.read(ctx, selected, runsSQL, builds, after.BuildID, after.Path, after.ID)
	return v.broken(ctx, err)
}
