// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"bytes"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
)

// BenchmarkPublish publishes submissions of some 5 kB to Google's emulator from 16
// goroutines. Each waits for its acknowledgement. ratio is their rate relative to
// Google's client with its own settings, and ratio/same-delay relative to Google's client
// that waits as long as ours for messages to send together. The three take turns, so that
// each meets the same machine and the same age of the emulator.
func BenchmarkPublish(b *testing.B) {
	const turns = 3
	texts := texts5k(b)
	server := pubsubtest.Emulator(b)
	q := open(b, testConfig(b, server))
	if err := q.InitPublisher(b.Context()); err != nil {
		b.Fatal(err)
	}
	ways := []*publishing{
		{publish: func(id string, data []byte) error {
			return q.Publish(b.Context(), queue.Message{ID: id, Origin: "origin", Received: time.Now(), Data: data})
		}},
		{publish: bare(b, server, q.cfg, pubsub.DefaultPublishSettings.DelayThreshold)},
		{publish: bare(b, server, q.cfg, publishDelay)},
	}
	for _, w := range ways {
		w.turn(b, texts, time.Second)
		w.sent, w.spent = 0, 0 // the emulator compiles itself at first
	}
	for b.Loop() {
		for range turns {
			for _, w := range ways {
				w.turn(b, texts, 3*time.Second)
			}
		}
	}
	b.ReportMetric(ways[0].rate(), "published/s")
	b.ReportMetric(ways[0].rate()/ways[1].rate(), "ratio")
	b.ReportMetric(ways[0].rate()/ways[2].rate(), "ratio/same-delay")
}

// bare returns a function that publishes by Google's client alone, over connections of its
// own.
func bare(b *testing.B, server *pubsubtest.Server, cfg Config, delay time.Duration) func(string, []byte) error {
	client, err := pubsub.NewClient(b.Context(), cfg.Project, server.Options()...)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close() })
	p := client.Publisher(cfg.Topic)
	p.PublishSettings.DelayThreshold = delay
	b.Cleanup(p.Stop)
	return func(_ string, data []byte) error {
		_, err := p.Publish(b.Context(), &pubsub.Message{Data: data}).Get(b.Context())
		return err
	}
}

// texts5k returns the submissions of 4 to 6.5 kB.
func texts5k(b *testing.B) (texts [][]byte) {
	for _, text := range storebench.Submissions(b) {
		if 4000 <= len(text) && len(text) <= 6500 {
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		texts = append(texts, bytes.Repeat([]byte("x"), 5000)) // generated submissions are larger
	}
	return texts
}

// publishing is a way to publish, with the count and the time of its messages so far.
type publishing struct {
	publish func(id string, data []byte) error
	sent    int
	spent   time.Duration
}

// turn publishes from 16 goroutines for a time.
func (p *publishing) turn(b *testing.B, texts [][]byte, d time.Duration) {
	var n atomic.Int64
	var clients sync.WaitGroup
	begin := time.Now()
	for range 16 {
		clients.Go(func() {
			for time.Since(begin) < d {
				i := int(n.Add(1))
				if err := p.publish("id"+strconv.Itoa(i), texts[i%len(texts)]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
	p.sent += int(n.Load())
	p.spent += time.Since(begin)
}

func (p *publishing) rate() float64 { return float64(p.sent) / p.spent.Seconds() }
