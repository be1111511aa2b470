// SPDX-License-Identifier: Apache-2.0

package storebench

import (
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// LoadApart loads submissions one by one, each received at a time of its own, and
// returns how many objects they have.
func LoadApart(b *testing.B, s store.Sink, texts [][]byte) (objects int) {
	b.Helper()
	for i, text := range texts {
		r, err := report.Decode(text)
		if err == nil {
			objects += r.Count()
			_, err = s.Load(b.Context(), r, store.LoadOptions{Arrival: second(i)})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	return objects
}

// LoadPieces loads generated tests in two pieces, the second one an hour after the
// first: the first piece has the properties known when a test begins, the second one
// the result.
func LoadPieces(b *testing.B, s store.Sink, objects int) {
	b.Helper()
	for all := range Generated(objects, 1) {
		first, last := &report.Report{}, &report.Report{}
		for _, t := range all.Tests {
			end := report.Test{ID: t.ID, Origin: t.Origin, BuildID: t.BuildID, Status: t.Status, Duration: t.Duration,
				LogURL: t.LogURL, LogExcerpt: t.LogExcerpt, OutputFiles: t.OutputFiles}
			t.Status, t.Duration, t.LogURL, t.LogExcerpt, t.OutputFiles = nil, nil, nil, nil, nil
			first.Tests, last.Tests = append(first.Tests, t), append(last.Tests, end)
		}
		for i, r := range []*report.Report{first, last} {
			if _, err := s.Load(b.Context(), r, store.LoadOptions{Arrival: second(i * 3600)}); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func second(n int) time.Time { return time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC) }
