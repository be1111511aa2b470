// SPDX-License-Identifier: Apache-2.0

// Package storebench has the inputs of the benchmarks of drivers: real submissions if
// they are available, combined into batches as a loader does.
package storebench

import (
	"archive/zip"
	"io"
	"iter"
	"testing"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/report"
)

// The limits of a loader's batch.
const (
	BatchObjects  = 8192
	batchMessages = 256
)

// Submissions returns the texts of real submissions if their file is beside the
// checkout, else of generated submissions.
func Submissions(b *testing.B) (texts [][]byte) {
	texts, err := Real()
	if err != nil {
		b.Log("generated submissions, because there are no real ones: ", err)
		for r := range sample.Reports(sample.Options{Checkouts: 6}) {
			texts = append(texts, r.AppendJSON(nil))
		}
	}
	return texts
}

// Real returns the texts of real submissions, an error if their file is not beside the
// checkout.
func Real() (texts [][]byte, err error) {
	z, err := openSubmissions()
	if err != nil {
		return nil, err
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// openSubmissions looks for the real submissions beside the folders above.
func openSubmissions() (z *zip.ReadCloser, err error) {
	for up := ".."; len(up) < len("../../../../.."); up += "/.." {
		if z, err = zip.OpenReader(up + "/shared/data/submissions.zip"); err == nil {
			break
		}
	}
	return z, err
}

// Batches decodes submissions, and puts them together as the loader does.
func Batches(texts [][]byte) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		batch, messages := &report.Report{}, 0
		for _, text := range texts {
			r, err := report.Decode(text)
			if err != nil {
				yield(nil, err)
				return
			}
			if messages > 0 && (messages == batchMessages || batch.Count()+r.Count() > BatchObjects) {
				if !yield(batch, nil) {
					return
				}
				batch, messages = &report.Report{}, 0
			}
			batch.Append(r)
			messages++
		}
		yield(batch, nil)
	}
}

// Generated returns generated reports in batches, at least so many objects.
func Generated(objects int, seed uint64) iter.Seq[*report.Report] {
	return func(yield func(*report.Report) bool) {
		batch, total := &report.Report{}, 0
		for r := range sample.Reports(sample.Options{Seed: seed, Checkouts: 1 + objects/100}) {
			batch.Append(r)
			if batch.Count() < BatchObjects {
				continue
			}
			total += batch.Count()
			if !yield(batch) || total >= objects {
				return
			}
			batch = &report.Report{}
		}
		yield(batch)
	}
}
