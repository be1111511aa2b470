// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

// The driver's lacks: a dump is not of one moment, because each list is a query of its
// own. Load does not read what was there (Blind). Purge removes partitions (Days). There
// is one version of the schema so far; TestUpgrade makes up others.
func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Sink { return open(t, bigquerytest.Spec(t)) },
		storetest.Capabilities{Store: true, Purges: true, Bulk: true, Compacts: true, Estimates: true, FindsLoaded: true, Blind: true, Days: true, Slow: true, Reopen: reopen, Ready: ready})
}

// inOneGoroutine leaves a test out of short runs, which the race detector watches.
func inOneGoroutine(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
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

// emptied are the specifications of databases that tests have emptied for others: making
// a database takes some seconds.
var emptied = make(chan string, 16)

// ready returns an empty database with a schema.
func ready(t *testing.T) store.Sink { return readyStore(t) }

func readyStore(t testing.TB) *Store {
	t.Helper()
	var spec string
	select {
	case spec = <-emptied:
	default:
		spec = bigquerytest.SharedSpec(t)
		if err := open(t, spec).Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		s, err := Open(context.Background(), strings.TrimPrefix(spec, "bigquery:"))
		if err == nil {
			defer s.Close()
			err = s.Empty(context.Background())
		}
		if err != nil {
			t.Error(err)
			return
		}
		select {
		case emptied <- spec:
		default:
		}
	})
	return open(t, spec)
}
