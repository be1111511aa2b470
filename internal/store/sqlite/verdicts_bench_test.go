// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
)

func BenchmarkJudge(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "kcidb.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Init(b.Context(), store.Version{}); err != nil {
		b.Fatal(err)
	}
	storebench.Judge(b, s)
}
