// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"flag"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
	"github.com/kcidb-go/kcidb/internal/queue/queuetest"
)

// TestMain runs more tests at a time than there are processors, because most of them wait
// for deadlines.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// testConfig has the settings that the suite requires, and a topic of its own.
func testConfig(t testing.TB, s *pubsubtest.Server) Config {
	return Config{
		Project:         "kcidb-test",
		Topic:           "t" + strings.ReplaceAll(t.Name(), "/", "_"),
		AckDeadline:     5 * time.Minute,
		RetryDelay:      queuetest.RetryDelay,
		MaxAttempts:     queuetest.MaxAttempts,
		MaxMessageBytes: queuetest.MaxMessageBytes,
		Logger:          slog.New(slog.NewTextHandler(t.Output(), nil)),
		Options:         s.Options(),
		grace:           50 * time.Millisecond,
		quiet:           10 * time.Millisecond,
	}
}

func open(t testing.TB, cfg Config) *pubsubQueue {
	t.Helper()
	q, err := cfg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q.(*pubsubQueue)
}

// openNew opens and creates a queue.
func openNew(t testing.TB, cfg Config) *pubsubQueue {
	t.Helper()
	q := open(t, cfg)
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return q
}

// lacks are what Pub/Sub cannot do.
var lacks = queuetest.Capabilities{NoPending: true, NoStats: true, NoOrder: true, Duplicates: true, Few: true}

func TestFake(t *testing.T) {
	t.Parallel()
	runSuite(t, pubsubtest.Start(t))
}

func TestEmulator(t *testing.T) {
	t.Parallel()
	runSuite(t, pubsubtest.Emulator(t))
}

func runSuite(t *testing.T, s *pubsubtest.Server) {
	queuetest.Run(t, func(t *testing.T, visibility time.Duration) func() queue.Queue {
		cfg := testConfig(t, s)
		cfg.AckDeadline = visibility
		return func() queue.Queue { return open(t, cfg) }
	}, lacks)
}
