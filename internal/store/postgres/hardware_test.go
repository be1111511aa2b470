// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// explainingConn records how the server ran each query.
type explainingConn struct {
	sqldb.Conn
	plans *[]string
}

func (c explainingConn) View(ctx context.Context, f func(context.Context, sqldb.Tx) error) error {
	return c.Conn.View(ctx, func(ctx context.Context, tx sqldb.Tx) error { return f(ctx, explainingTx{tx, c.plans}) })
}

type explainingTx struct {
	sqldb.Tx
	plans *[]string
}

func (tx explainingTx) Query(ctx context.Context, query string, args ...any) (sqldb.Rows, error) {
	var line string
	err := sqldb.Read(ctx, tx.Tx, "EXPLAIN (ANALYZE, TIMING OFF) "+query, args, []any{&line}, func() error {
		*tx.plans = append(*tx.plans, line)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tx.Tx.Query(ctx, query, args...)
}

// TestHardwarePlan counts the tests of boards on days that the statistics do not know yet:
// the builds are found once, and not for each row.
func TestHardwarePlan(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.Database(t))
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	const counts = `INSERT INTO hardware_counts
		SELECT b / 200, b * 10 + p, 'p' || (b * 7 + p * 13) %% 20, '[]', 'o', 'b' || b, 'test', 'PASS', 3 FROM generate_series(%d, %d) b, generate_series(0, 4) p`
	for _, statement := range []string{
		"INSERT INTO revisions SELECT i, i % 10, 0, 'h' || i, '', '', '', i, 1, 1, 0, 0, 0, '', '' FROM generate_series(1, 300) i",
		"INSERT INTO revision_checkouts SELECT 'c' || i, i FROM generate_series(1, 300) i",
		"INSERT INTO counted_builds SELECT 'b' || i, 'c' || (i % 300 + 1), 'o', 'PASS', 'x86', 'gcc', 'def', 'lab', i / 200 FROM generate_series(1, 6000) i",
		fmt.Sprintf(counts, 1, 5600),
		"ANALYZE",
		fmt.Sprintf(counts, 5601, 6000),
	} {
		if _, err := s.pool.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, n := range []int64{1, 20} {
		of := answers.HardwareAt{Days: answers.Days{First: 29, Last: 30}}
		for i := range n {
			of.Revisions, of.Platforms = append(of.Revisions, 280+i), append(of.Platforms, fmt.Sprint("p", i))
		}
		var plans []string
		db := sqldb.DB{Conn: explainingConn{s.SQL().Conn, &plans}, Dialect: dialect{}}
		if _, err := answers.New(&db).HardwareAt(t.Context(), of); err != nil {
			t.Fatal(err)
		}
		if len(plans) == 0 {
			t.Fatal("nothing is asked")
		}
		for _, line := range plans {
			if strings.Contains(line, " on revisions o ") && !strings.Contains(line, "loops=1)") {
				t.Errorf("%d revisions: %s in\n%s", n, line, strings.Join(plans, "\n"))
			}
		}
	}
}
