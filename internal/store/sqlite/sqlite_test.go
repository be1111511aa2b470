// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/report"
)

func TestFile(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Sink {
		return open(t, filepath.Join(t.TempDir(), "a ?b%41#c.sqlite"))
	}, storetest.Capabilities{Store: true, Backups: true, Snapshots: true, Purges: true, SQL: true, FindsLoaded: true, Several: true, Reopen: reopen})
}

func TestMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Sink {
		return open(t, memory)
	}, storetest.Capabilities{Store: true, Backups: true, Purges: true, SQL: true, FindsLoaded: true, Several: true})
}

// The number of connections stays within its bound for any number of readers:
// more readers wait until others are through.
func TestReadersAreBounded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "db"))
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Checkouts: []report.Checkout{{ID: "ci:1", Origin: "ci"}}}
	if _, err := s.Load(t.Context(), r, store.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	reading, end := make(chan struct{}), make(chan struct{})
	var readers sync.WaitGroup
	for range 2 * maxReaders {
		readers.Go(func() {
			for _, err := range s.Query(t.Context(), store.Query{Checkouts: []string{"ci:1"}}) {
				if err != nil {
					t.Error(err)
				}
				select {
				case reading <- struct{}{}:
					<-end
				case <-end:
				}
			}
		})
	}
	for range maxReaders {
		<-reading
	}
	if n := s.read.Stats().OpenConnections; n != maxReaders {
		t.Errorf("%d connections for %d readers", n, 2*maxReaders)
	}
	select {
	case <-reading:
		t.Error("a reader too many")
	case <-time.After(10 * time.Millisecond): // none comes, or this test does not show it
	}
	close(end)
	readers.Wait()
	if n := s.read.Stats().OpenConnections; n > idleReaders {
		t.Errorf("%d connections for nobody", n)
	}
}

// open opens a database until the end of the test.
func open(t testing.TB, file string) *Store {
	t.Helper()
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func reopen(t *testing.T, s store.Sink) store.Sink {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.(*Store).file)
}
