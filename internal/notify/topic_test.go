// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/loaded"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore"
	"github.com/kcidb-go/kcidb/internal/spool/firestore/firestoretest"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// topicbed is a testbed whose changes come from a topic, and whose spool is in Firestore.
type topicbed struct {
	*testbed
	queue queue.Queue
	spool spool.Spool
	loads int
}

// topicVisibility is how long the topic hides the messages of a notifier that died.
const topicVisibility = time.Second

func newTopicbed(t *testing.T, files map[string]string) *topicbed {
	t.Helper()
	h := &topicbed{testbed: newTestbed(t, files)}
	if err := h.store.Spool().Unwatch(t.Context()); err != nil { // the database notes no changes
		t.Fatal(err)
	}
	q, err := jetstream.Config{
		Dir: filepath.Join(t.TempDir(), "topic"), Visibility: topicVisibility, MaxAttempts: -1, Logger: slog.New(slog.DiscardHandler),
	}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.queue = q
	keeper, err := firestore.Open(t.Context(), "project", firestoretest.Start(t).Options()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	keeper.Now = h.clock.Now
	h.spool = keeper
	h.Notifier = h.notifier("one")
	return h
}

// notifier returns another notifier, with its own source.
func (h *topicbed) notifier(name string) *Notifier {
	n := h.testbed.notifier(name)
	n.Spool, n.Source = h.spool, &loaded.Source{Queue: h.queue, Log: n.Log}
	return n
}

// load loads a report as one of a new submission.
func (h *topicbed) load(text string) {
	h.t.Helper()
	r, err := report.Decode([]byte(`{"version": {"major": 5, "minor": 3}, ` + text + `}`))
	if err != nil {
		h.t.Fatal(err)
	}
	h.loads++
	h.loadOf(fmt.Sprint("s", h.loads), r)
}

// loadOf loads a report of a submission, and publishes it.
func (h *topicbed) loadOf(submission string, r *report.Report) {
	h.t.Helper()
	if _, err := h.store.Load(h.t.Context(), r, store.LoadOptions{}); err != nil {
		h.t.Fatal(err)
	}
	if err := (loaded.Publisher{Queue: h.queue}).Publish(h.t.Context(), []string{submission}, r, h.clock.Now()); err != nil {
		h.t.Fatal(err)
	}
}

// empty works until the topic is empty.
func (h *topicbed) empty() {
	h.t.Helper()
	for end := time.Now().Add(5 * time.Minute); ; {
		// ErrTaken is of a message that was published twice.
		if _, err := h.Consider(h.t.Context()); err != nil && !errors.Is(err, spool.ErrTaken) {
			h.t.Fatal(err)
		}
		stats, err := h.queue.Stats(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if stats.Messages == 0 {
			break
		}
		if time.Now().After(end) {
			h.t.Fatalf("%d messages stay in the topic", stats.Messages)
		}
	}
	h.work()
}

// TestTopic: the statuses in the spool stand for the state before a load.
func TestTopic(t *testing.T) {
	h := newTopicbed(t, map[string]string{
		"new.yaml":    "on: test\nmatch: created\nto: [a@example.org]\nsubject: \"new {{.Object.ID}}\"\n",
		"broken.yaml": "on: build\nmatch: was == 'PASS' && now == 'FAIL'\nto: [a@example.org]\nsubject: \"broken {{.Object.ID}}\"\n",
		"tree.yaml":   "on: checkout\nmatch: now == 'FAIL'\nto: [a@example.org]\nsubject: \"{{.Object.ID}} {{.Was}}:{{.Now}}\"\n",
	})
	build := func(status string) string {
		return fmt.Sprintf(`"builds": [{"id": "ci:b1", "origin": "ci", "checkout_id": "ci:c1", "status": %q}]`, status)
	}
	const aTest = `"tests": [{"id": "ci:t1", "origin": "ci", "build_id": "ci:b1", "path": "boot", "status": "PASS"}]`
	h.load(aTest) // before its build
	h.empty()
	h.expect("a@example.org: new ci:t1")
	h.load(aCheckout + "," + build("PASS"))
	h.load(aTest)
	h.empty()
	h.expect("a@example.org: new ci:t1")
	h.load(build("FAIL"))
	h.load(build("FAIL"))
	h.empty()
	h.expect("a@example.org: new ci:t1", "a@example.org: broken ci:b1", "a@example.org: ci:c1 PASS:FAIL")
	h.load(build("FAIL") + `,"issues": [{"id": "ci:i1", "version": 1, "origin": "ci"}],
		"incidents": [{"id": "ci:n1", "origin": "ci", "issue_id": "ci:i1", "issue_version": 1, "build_id": "ci:b1"}]`)
	h.empty()
	h.expect("a@example.org: new ci:t1", "a@example.org: broken ci:b1", "a@example.org: ci:c1 PASS:FAIL")
}

// TestTopicMistakes: a message that names no objects becomes a dead letter, and keeps no
// other message waiting. A message published twice is considered once.
func TestTopicMistakes(t *testing.T) {
	h := newTopicbed(t, map[string]string{"all.yaml": "on: test\nmatch: 'true'\nvia: feed\n"})
	if err := h.queue.Publish(t.Context(), queue.Message{ID: "bad", Data: []byte(">*#")}); err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Tests: []report.Test{{ID: "ci:t1", Origin: "ci", BuildID: "ci:b1"}}}
	for range 2 {
		h.loadOf("s", r)
		h.empty()
	}
	for letter, err := range h.queue.DeadLetters(t.Context()) {
		if err != nil || letter.ID != "bad" {
			t.Errorf("dead letter %+v, %v", letter, err)
		}
	}
	if got := h.considered()["all"]; got != 1 {
		t.Errorf("%d tests considered, want 1", got)
	}
}

// considered returns how many objects each subscription considered.
func (h *testbed) considered() map[string]int64 {
	h.t.Helper()
	counters, err := h.Spool.Counters(h.t.Context(), "")
	if err != nil {
		h.t.Fatal(err)
	}
	considered := map[string]int64{}
	for _, c := range counters {
		considered[c.Subscription] += c.Objects
		if c.Errors > 0 {
			h.t.Errorf("%d errors of %s, at last %s", c.Errors, c.Subscription, c.LastError)
		}
	}
	return considered
}

// TestExactlyOnceFromTopic is TestExactlyOnce with changes from a topic. Loaders die, too:
// between publishing a load and noting so, so that they load and publish again, perhaps
// together with other submissions. So a change may be considered more than once. Each
// match still becomes one notification.
func TestExactlyOnceFromTopic(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	h := newTopicbed(t, map[string]string{
		"all.yaml":     "on: test\nmatch: 'true'\nvia: feed\n",
		"failing.yaml": failing,
	})
	h.load(aCheckout + "," + aBuild)
	h.empty()
	onceUnderFire(t, h.testbed, dice, h.notifier, func(i int, r *report.Report) {
		h.loadOf(fmt.Sprint("load-", i), r)
		if dice.IntN(4) == 0 {
			h.loadOf(fmt.Sprint("load-", i), r)
		}
		if dice.IntN(4) == 0 {
			h.loadOf(fmt.Sprint("load-", i, "-and-others"), r)
		}
	})
	for range 4 {
		h.clock.move(time.Hour)
		h.empty()
	}
	n := checkOnce(t, h.testbed)
	for _, name := range []string{"all", "failing"} {
		if got := h.considered()[name]; got < n {
			t.Errorf("%s considered %d tests, want %d or more", name, got, n)
		}
	}
}
