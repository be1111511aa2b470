// SPDX-License-Identifier: Apache-2.0

package answers

import (
	"context"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Brought has the objects that a submission brought last: objects that another submission
// changed later are no longer among them. An example is the ID of one of the objects, "" for
// none.
type Brought struct {
	Objects map[store.List]int64
	// WithoutBuild are tests whose build is not in the database, so that no revision has them.
	WithoutBuild int64
	Build        string // an example of such a build
	// WithoutLog are failed tests without an excerpt of their log.
	WithoutLog int64
	Unlogged   string // an example
	// WithoutPath are tests without a path, and WithoutPlatform are tests that do not say
	// what they ran on.
	WithoutPath, WithoutPlatform int64
	// Future are tests that started after the submission arrived.
	Future int64
	// Checkouts are the checkouts of its objects, at most maxBroughtCheckouts.
	Checkouts []string
}

// maxBroughtCheckouts is how many checkouts of a submission are read.
const maxBroughtCheckouts = 50

// maxBroughtTests is how many tests of a submission are looked at closely.
const maxBroughtTests = 50_000

// late is how much later than a submission its tests may start, because clocks differ.
const late = 5 * time.Minute

// BroughtBy returns the objects of the submission that was received at a moment. Each
// submission has a moment of its own.
func (db *DB) BroughtBy(ctx context.Context, at time.Time) (b *Brought, err error) {
	b = &Brought{Objects: make(map[store.List]int64)}
	err = db.view(ctx, "read what a submission brought", func(ctx context.Context, tx sqldb.Tx) error {
		for _, list := range store.Lists {
			table := string(list)
			if list == store.Tests {
				table = db.Tests()
			}
			var n int64
			if _, err := sqldb.ReadRow(ctx, tx, "SELECT count(*) FROM "+table+" WHERE _timestamp = "+db.Moment(1), []any{at.UnixMicro()}, &n); err != nil {
				return err
			}
			if n > 0 {
				b.Objects[list] = n
			}
		}
		if b.Objects[store.Tests] > 0 {
			if err := b.readTests(ctx, db, tx, at); err != nil {
				return err
			}
		}
		return b.readCheckouts(ctx, db, tx, at)
	})
	return b, err
}

// readTests counts the tests that lack something.
func (b *Brought) readTests(ctx context.Context, db *DB, tx sqldb.Tx, at time.Time) error {
	query := `
		SELECT count(CASE WHEN b.id IS NULL THEN 1 END), coalesce(min(CASE WHEN b.id IS NULL THEN t.build_id END), ''),
			count(CASE WHEN ` + isFailed + ` AND t.log_excerpt IS NULL THEN 1 END),
			coalesce(min(CASE WHEN ` + isFailed + ` AND t.log_excerpt IS NULL THEN t.id END), ''),
			count(CASE WHEN t.path IS NULL THEN 1 END), count(CASE WHEN t.environment_misc IS NULL THEN 1 END),
			count(CASE WHEN t.start_time > ` + db.Moment(2) + ` THEN 1 END)
		FROM (SELECT * FROM ` + db.Tests() + ` WHERE _timestamp = ` + db.Moment(1) + ` LIMIT $3) t
			LEFT JOIN builds b ON b.id = t.build_id`
	_, err := sqldb.ReadRow(ctx, tx, query, []any{at.UnixMicro(), at.Add(late).UnixMicro(), maxBroughtTests},
		&b.WithoutBuild, &b.Build, &b.WithoutLog, &b.Unlogged, &b.WithoutPath, &b.WithoutPlatform, &b.Future)
	return err
}

// readCheckouts finds the checkouts of the objects.
func (b *Brought) readCheckouts(ctx context.Context, db *DB, tx sqldb.Tx, at time.Time) error {
	query := `
		SELECT id FROM checkouts WHERE _timestamp = ` + db.Moment(1) + `
		UNION
		SELECT checkout_id FROM builds WHERE _timestamp = ` + db.Moment(1) + `
		UNION
		SELECT b.checkout_id
		FROM (SELECT DISTINCT build_id FROM ` + db.Tests() + ` WHERE _timestamp = ` + db.Moment(1) + `) t JOIN builds b ON b.id = t.build_id
		ORDER BY 1 LIMIT $2`
	var id string
	return forEachRow(ctx, tx, query, []any{at.UnixMicro(), maxBroughtCheckouts}, []any{&id}, func() { b.Checkouts = append(b.Checkouts, id) })
}
