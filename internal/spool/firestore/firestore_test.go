// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore/firestoretest"
	"github.com/kcidb-go/kcidb/internal/spool/spooltest"
)

// open opens a spool on a test server.
func open(t *testing.T, addr, project string, now func() time.Time) *Spool {
	t.Helper()
	s, err := Open(t.Context(), project, firestoretest.Options(addr)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.Now = now
	return s
}

// TestSpool runs the suite on the test server. All indexes of the file are needed.
func TestSpool(t *testing.T) {
	var mu sync.Mutex
	used := map[string]bool{}
	t.Run("fake", func(t *testing.T) {
		spooltest.Test(t, spooltest.Driver{Open: func(t *testing.T, now func() time.Time) (spool.Spool, spooltest.Source) {
			server := firestoretest.Start(t)
			t.Cleanup(func() {
				mu.Lock()
				defer mu.Unlock()
				for _, index := range server.Used() {
					used[index] = true
				}
			})
			return open(t, server.Addr, "test", now), &spooltest.Topic{Now: now}
		}})
	})
	if testing.Short() || t.Failed() {
		return
	}
	all := firestoretest.LoadIndexes(t).All()
	for _, index := range all {
		if !used[index] {
			t.Errorf("no query needs the index %s", index)
		}
	}
	if slices.Sort(all); len(slices.Compact(all)) != len(used) {
		t.Errorf("%d indexes are used", len(used))
	}
}

// TestEmulator runs the suite on Google's emulator, so that the test server is held equal
// to it. Each test has a project of its own.
func TestEmulator(t *testing.T) {
	if testing.Short() {
		t.Skip("the suite on the test server is enough")
	}
	addr := firestoretest.StartEmulator(t)
	var projects atomic.Int64
	t.Run("emulator", func(t *testing.T) {
		spooltest.Test(t, spooltest.Driver{Slow: true, Open: func(t *testing.T, now func() time.Time) (spool.Spool, spooltest.Source) {
			return open(t, addr, fmt.Sprintf("test-%d", projects.Add(1)), now), &spooltest.Topic{Now: now}
		}})
	})
}
