// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkEncode decodes and validates submissions, and encodes their objects for the
// Storage Write API with their rows of the index. It compares with decoding and validating
// alone.
func BenchmarkEncode(b *testing.B) {
	s := &Store{limits: defaultLimits}
	texts := storebench.Submissions(b)
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	b.SetBytes(int64(size))
	var decoding, encoding time.Duration
	for b.Loop() {
		for _, text := range texts {
			began := time.Now()
			r, err := report.Decode(text)
			if err != nil {
				b.Fatal(err)
			}
			decoded := time.Now()
			var rows batch
			for i := range tables {
				if err := rows.add(b.Context(), s, &tables[i], r); err != nil {
					b.Fatal(err)
				}
			}
			decoding += decoded.Sub(began)
			encoding += time.Since(decoded)
		}
	}
	b.ReportMetric((decoding+encoding).Seconds()/decoding.Seconds(), "x-decode")
}
