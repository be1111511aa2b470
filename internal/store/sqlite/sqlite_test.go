// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
)

func TestFile(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		return open(t, filepath.Join(t.TempDir(), "a ?b%41#c.sqlite"))
	}, storetest.Capabilities{Keeps: true, Snapshots: true, Purges: true, Receipts: true, Objects: true, Notes: true, Rollups: true, Overview: true, Several: true})
}

func TestMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		return open(t, memory)
	}, storetest.Capabilities{Keeps: true, Purges: true, Receipts: true, Objects: true, Notes: true, Rollups: true, Overview: true, Several: true})
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
