// SPDX-License-Identifier: Apache-2.0

package queuetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

func testReopen(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, "a", "b", "dead")
	got := pullEach(t, q, "a", "b", "dead")
	must(t, got[0].Refuse(t.Context(), "not now", false))
	ack(t, got[1])
	must(t, got[2].Refuse(t.Context(), "never", true))
	must(t, q.Close())

	q = o.open()
	requireEqual(t, "dead letters", deadIDs(t, q), []string{"dead"})
	eventually.True(t, "one message is counted", func() bool {
		stats, err := q.Stats(t.Context())
		must(t, err)
		return stats.Messages == 1 || o.NoStats
	})
	d := pull(t, q, 1)[0]
	requireEqual(t, "message", d.Message(), message("a"))
	requireEqual(t, "attempt", d.Attempt(), 2)
	if !o.Duplicates {
		publish(t, q, "a") // still known to the queue
	}
	ack(t, d)
	requireEmpty(t, q)
}

// testReopenHeld: closing a queue does not lose the messages that it holds for
// a later Pull.
func testReopenHeld(t *testing.T, o opener) {
	q := start(t, o)
	publish(t, q, newIDs(3)...)
	got, err := q.Pull(t.Context(), queue.Limits{Objects: 1}, soon)
	must(t, err)
	ack(t, got...)
	must(t, q.Close())
	q = o.open()
	all := ids(append(got, pull(t, q, 2)...))
	if o.NoOrder {
		slices.Sort(all)
	}
	requireEqual(t, "the first, and the others", all, newIDs(3))
}

// testConcurrency: concurrent publishers and pullers lose no message and get
// no message twice.
func testConcurrency(t *testing.T, o opener) {
	q := start(t, o)
	const publishers, pullers = 8, 4
	each := 50
	if o.Few {
		each = 10
	}
	var publishing, pulling sync.WaitGroup
	for p := range publishers {
		publishing.Go(func() {
			for i := range each {
				m := message(fmt.Sprintf("p%dm%d", p, i))
				if i == each/2 {
					m.Data = randomData(1 << 20)
				}
				if err := q.Publish(t.Context(), m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(seen) }
	end := time.Now().Add(2 * soon)
	for range pullers {
		pulling.Go(func() {
			for count() < publishers*each && time.Now().Before(end) {
				got, err := q.Pull(t.Context(), queue.Limits{Messages: 7, Objects: 30}, 50*time.Millisecond)
				if err != nil {
					t.Error(err)
					return
				}
				for _, d := range got {
					mu.Lock()
					seen[d.Message().ID]++
					mu.Unlock()
					if err := d.Ack(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	publishing.Wait()
	pulling.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was handed out %d times", id, n)
		}
	}
	requireEqual(t, "messages pulled", len(seen), publishers*each)
	o.requireStats(t, q, "all acknowledged", queue.Stats{})
}
