// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Sink { return open(t, bigquerytest.Spec(t)) },
		storetest.Capabilities{Store: true, Purges: true, Reopen: reopen})
}

// open returns a database by its specification, until the end of the test.
func open(t testing.TB, spec string) *Store {
	t.Helper()
	s, err := Open(t.Context(), strings.TrimPrefix(spec, "bigquery:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func reopen(t *testing.T, s store.Sink) store.Sink {
	t.Helper()
	old := s.(*Store)
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, old.name)
}
