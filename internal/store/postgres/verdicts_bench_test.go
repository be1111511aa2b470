// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
)

func BenchmarkJudge(b *testing.B) {
	s := fresh(b, pgtest.Start(b))
	defer s.Close()
	storebench.Judge(b, s)
}
