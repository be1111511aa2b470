// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// addDeadLetters puts dead letters into a queue; every thousandth has pieces.
func addDeadLetters(t *testing.T, q *jsQueue, from, to int) {
	t.Helper()
	var msgs []*nats.Msg
	for n := from; n < to; n++ {
		data := []byte("x")
		if n%1000 == 0 {
			data = make([]byte, pieceSize+1)
		}
		i := infoOf(queue.Message{ID: fmt.Sprintf("m%06d", n), Received: time.Now(), Data: data})
		more, err := encode(q.deadStream(), i, data)
		if err != nil {
			t.Fatal(err)
		}
		if msgs = append(msgs, more...); len(msgs) > 400 || n == to-1 {
			if err := q.commit(t.Context(), msgs); err != nil {
				t.Fatal(err)
			}
			msgs = nil
		}
	}
}

// TestCountIsNoList counts dead letters: the server answers a few requests with few
// bytes, however many dead letters there are, and one request less if nothing
// changed.
func TestCountIsNoList(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	const many = 20_000
	requests, last := uint64(0), 0
	for _, n := range []int{10, many} {
		addDeadLetters(t, q, last, n)
		last = n
		for again := range 2 {
			before := q.nc.Stats()
			stats, err := q.Stats(t.Context())
			if err != nil || stats.DeadLetters != n {
				t.Fatalf("%+v, %v: want %d dead letters", stats, err, n)
			}
			after := q.nc.Stats()
			read, asked := after.InBytes-before.InBytes, after.OutMsgs-before.OutMsgs
			if read > 10_000 || asked > 6 || again > 0 && asked >= requests {
				t.Errorf("%d dead letters, time %d: %d requests, %d bytes read", n, again, asked, read)
			}
			requests = asked
		}
	}
	for _, id := range []string{"m000000", "m000003"} {
		if err := q.Discard(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if stats, err := q.Stats(t.Context()); err != nil || stats.DeadLetters != many-2 {
		t.Errorf("%+v, %v: want %d dead letters", stats, err, many-2)
	}
}

// TestListIsRead reads a long list a page at a time.
func TestListIsRead(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	addDeadLetters(t, q, 0, 3000)
	before := q.nc.Stats().InMsgs
	n := 0
	for letter, err := range q.DeadLetters(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("m%06d", n); letter.ID != want {
			t.Fatalf("letter %d is %s", n, letter.ID)
		}
		if n == 0 {
			if read := q.nc.Stats().InMsgs - before; read > deadPage+10 {
				t.Errorf("%d messages are read for the first", read)
			}
		}
		n++
	}
	if n != 3000 {
		t.Errorf("the list has %d", n)
	}
}
