// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// benchDir returns a directory on a disk, because /tmp may be in memory.
func benchDir(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp(".", "testdata-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fsyncRate returns how many times per second data can be appended to a file
// and synced, one after the other: the limit of the disk itself.
func fsyncRate(b *testing.B, dir string, data []byte) float64 {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "fsync"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	n := 0
	begin := time.Now()
	for ; time.Since(begin) < time.Second; n++ {
		if _, err := f.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(begin).Seconds()
}

func benchQueue(b *testing.B, dir string) *jsQueue {
	b.Helper()
	q, err := Config{Dir: dir}.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = q.Close() })
	if err := q.Init(b.Context()); err != nil {
		b.Fatal(err)
	}
	return q.(*jsQueue)
}

// concurrently calls f b.N times in total, from n goroutines.
func concurrently(b *testing.B, n int, f func()) {
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				f()
			}
		})
	}
	running.Wait()
	b.StopTimer()
}

// publisher returns a function that publishes another 5 kB message at each call.
func publisher(b *testing.B, q queue.Queue) func() {
	var n atomic.Int64
	return func() {
		m := queue.Message{ID: fmt.Sprintf("id%d", n.Add(1)), Data: data5k}
		if err := q.Publish(b.Context(), m); err != nil {
			b.Error(err)
		}
	}
}

var data5k = bytes.Repeat([]byte("x"), 5000)

// BenchmarkPublish publishes 5 kB messages from many goroutines; each message
// is synced before Publish returns. published/fsync is their rate relative to
// synced writes to the same disk by one writer, in the same run.
func BenchmarkPublish(b *testing.B) {
	for _, publishers := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("publishers=%d", publishers), func(b *testing.B) {
			dir := benchDir(b)
			raw := fsyncRate(b, dir, data5k)
			q := benchQueue(b, dir)
			concurrently(b, publishers, publisher(b, q))
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/raw, "published/fsync")
		})
	}
}

// BenchmarkFlow is BenchmarkPublish with 16 goroutines while another goroutine
// pulls and acknowledges.
func BenchmarkFlow(b *testing.B) {
	dir := benchDir(b)
	raw := fsyncRate(b, dir, data5k)
	q := benchQueue(b, dir)
	ctx, cancel := context.WithCancel(b.Context())
	var loader sync.WaitGroup
	taken := 0
	loader.Go(func() {
		for ctx.Err() == nil {
			deliveries, _ := q.Pull(ctx, queue.Limits{Messages: 256}, time.Second)
			for _, d := range deliveries {
				if d.Ack(ctx) == nil {
					taken++
				}
			}
		}
	})
	concurrently(b, 16, publisher(b, q))
	cancel()
	loader.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/raw, "published/fsync")
	b.ReportMetric(float64(taken)/b.Elapsed().Seconds()/raw, "acked/fsync")
}

// BenchmarkPullAck pulls and acknowledges messages of 5 kB.
func BenchmarkPullAck(b *testing.B) {
	dir := benchDir(b)
	raw := fsyncRate(b, dir, data5k)
	q := benchQueue(b, dir)
	concurrently(b, 64, publisher(b, q))
	b.ResetTimer()
	b.StartTimer()
	for taken := 0; taken < b.N; {
		deliveries, err := q.Pull(b.Context(), queue.Limits{Messages: 256}, time.Second)
		if err != nil {
			b.Fatal(err)
		}
		for _, d := range deliveries {
			if err := d.Ack(b.Context()); err != nil {
				b.Fatal(err)
			}
			taken++
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/raw, "acked/fsync")
}

// BenchmarkLarge sends a message of 20 MB through the queue.
func BenchmarkLarge(b *testing.B) {
	q := benchQueue(b, benchDir(b))
	data := bytes.Repeat([]byte("0123456789"), 2<<20)
	b.SetBytes(int64(len(data)))
	n := 0
	for b.Loop() {
		n++
		if err := q.Publish(b.Context(), queue.Message{ID: fmt.Sprint(n), Data: data}); err != nil {
			b.Fatal(err)
		}
		deliveries, err := q.Pull(b.Context(), queue.Limits{}, time.Second)
		if err != nil || len(deliveries) != 1 {
			b.Fatal(len(deliveries), err)
		}
		if err := deliveries[0].Ack(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen opens and closes an existing embedded queue.
func BenchmarkOpen(b *testing.B) {
	dir := benchDir(b)
	_ = benchQueue(b, dir).Close()
	for b.Loop() {
		q, err := Config{Dir: dir}.Open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		_ = q.Close()
	}
}
