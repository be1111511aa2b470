// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"testing"
	"time"
)

// BenchmarkSift compares Sift with Decode, and SiftCheck with CheckFor, in turns: of reports
// without faults, and of the same reports with up to 500 objects with faults. The ratios are
// the times for sifting divided by those for reports without faults.
func BenchmarkSift(b *testing.B) {
	good := realReports(b)
	faulty := make([][]byte, len(good))
	for i, text := range good {
		faulty[i] = bytes.Replace(text, []byte(`"PASS"`), []byte(`"OK"`), MaxRejected/2)
	}
	for name, texts := range map[string][][]byte{"good": good, "faulty": faulty} {
		b.Run(name, func(b *testing.B) {
			var decode, sift, check, siftCheck time.Duration
			for b.Loop() {
				for i, text := range texts {
					decode += took(b, func() error { _, err := Decode(good[i]); return err })
					sift += took(b, func() error { _, err := Sift(b.Context(), text, SiftOptions{}); return err })
					check += took(b, func() error { _, err := CheckFor(b.Context(), good[i], nil); return err })
					siftCheck += took(b, func() error { _, err := SiftCheck(b.Context(), text, SiftOptions{}); return err })
				}
			}
			b.ReportMetric(float64(sift)/float64(decode), "sift/decode")
			b.ReportMetric(float64(siftCheck)/float64(check), "siftcheck/check")
		})
	}
}

func took(b *testing.B, f func() error) time.Duration {
	begun := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun)
}
