// SPDX-License-Identifier: Apache-2.0

package storebench

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/report"
)

// Judge measures judging a revision as large as LargeRevision, after ten such revisions, each
// time after one more result.
func Judge(b *testing.B, s store.Store) {
	for revision := range 11 {
		if _, err := s.Load(b.Context(), LargeRevision(revision), store.LoadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	judge := &verdicts.Judge{DB: verdicts.Of(s), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	begin := time.Now()
	if n, err := judge.Once(b.Context()); n != 11 || err != nil {
		b.Fatal(n, err)
	}
	b.Logf("%v for all 11 revisions the first time", time.Since(begin).Round(time.Millisecond))
	n := 0
	for b.Loop() {
		b.StopTimer()
		one := report.Test{ID: fmt.Sprint("a:more", n), Origin: "a", BuildID: "a:10-3", Path: new("ltp.more"), Status: new(report.StatusFail)}
		if _, err := s.Load(b.Context(), &report.Report{Tests: []report.Test{one}}, store.LoadOptions{}); err != nil {
			b.Fatal(err)
		}
		n++
		b.StartTimer()
		if judged, err := judge.Once(b.Context()); judged != 1 || err != nil {
			b.Fatal(judged, err)
		}
	}
}
