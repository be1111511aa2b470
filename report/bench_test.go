// SPDX-License-Identifier: Apache-2.0

package report

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// realReports returns real submissions of 5.x if they are available, otherwise
// valid reports of the conformance cases.
func realReports(tb testing.TB) [][]byte {
	tb.Helper()
	var texts [][]byte
	archive, err := zip.OpenReader(filepath.Join("..", "..", "shared", "data", "submissions.zip"))
	if os.IsNotExist(err) {
		tb.Log("real submissions are not at hand: using conformance cases")
		readLines(tb, "valid-v5.3.jsonl", func(line struct{ Doc jsontext.Value }) { texts = append(texts, line.Doc) })
		return texts
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer archive.Close()
	for _, entry := range archive.File {
		file, err := entry.Open()
		if err != nil {
			tb.Fatal(err)
		}
		text, err := io.ReadAll(file)
		if err != nil {
			tb.Fatal(err)
		}
		if v, ok := peekVersion(text); ok && v.Major == 5 {
			texts = append(texts, text)
		}
	}
	return texts
}

func size(texts [][]byte) (n int64) {
	for _, text := range texts {
		n += int64(len(text))
	}
	return n
}

// readTokens reads texts token by token: the minimum work to check that they
// are JSON.
func readTokens(tb testing.TB, texts [][]byte) {
	d := jsontext.NewDecoder(bytes.NewReader(nil))
	for _, text := range texts {
		d.Reset(bytes.NewReader(text))
		for {
			if _, err := d.ReadToken(); err == io.EOF {
				break
			} else if err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// BenchmarkDecode compares decoding and validating with reading tokens, in
// turns. The ratio is the time for tokens divided by the time for reports.
func BenchmarkDecode(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	texts := realReports(b)
	b.SetBytes(size(texts))
	b.ReportAllocs()
	var tokens time.Duration
	for b.Loop() {
		for _, text := range texts {
			if _, err := Decode(text); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		start := time.Now()
		readTokens(b, texts)
		tokens += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(tokens)/float64(b.Elapsed()), "ratio")
}

// BenchmarkAppendJSON measures writing.
func BenchmarkAppendJSON(b *testing.B) {
	texts := realReports(b)
	var reports []*Report
	for _, text := range texts {
		r, err := Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		reports = append(reports, r)
	}
	var written int
	var buf []byte
	for b.Loop() {
		written = 0
		for _, r := range reports {
			buf = r.AppendJSON(buf[:0])
			written += len(buf)
		}
	}
	b.SetBytes(int64(written))
}

// BenchmarkReader measures finding the values of a stream.
func BenchmarkReader(b *testing.B) {
	stream := bytes.Join(realReports(b), nil)
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		d := NewReader(bytes.NewReader(stream))
		for {
			if _, err := d.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}
