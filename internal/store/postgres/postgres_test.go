// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/pgtest"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, pgtest.Database(t)) },
		storetest.Capabilities{Keeps: true, Snapshots: true, Purges: true, Receipts: true, Several: true, JSONValues: true})
}

// open opens a database until the end of the test.
func open(t testing.TB, spec string) *Store {
	t.Helper()
	s, err := Open(strings.TrimPrefix(spec, "postgresql:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
