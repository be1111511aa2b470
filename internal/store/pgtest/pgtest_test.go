// SPDX-License-Identifier: Apache-2.0

package pgtest_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
)

// TestServer stops a server, runs it again with the same data, and starts a replica of
// it.
func TestServer(t *testing.T) {
	var dir string
	t.Run("run", func(t *testing.T) {
		s := pgtest.Start(t)
		dir = s.Dir
		s.Exec(t, "postgres", "CREATE TABLE t (x int)", "INSERT INTO t VALUES (1)", "CHECKPOINT")
		s.Stop(t, true)
		s.Run(t)
		r := s.Replica(t)
		conn, err := pgx.Connect(t.Context(), r.DSN("postgres", pgtest.Superuser))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		var x int
		var follows bool
		if err := conn.QueryRow(t.Context(), "SELECT x, pg_is_in_recovery() FROM t").Scan(&x, &follows); err != nil || x != 1 || !follows {
			t.Errorf("%d, %t, %v", x, follows, err)
		}
	})
	if _, err := os.Stat(dir); dir != "" && err == nil {
		t.Errorf("%s is still there", dir)
	}
}
