// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/queuetest"
	"github.com/kcidb-go/kcidb/internal/testing/address"
)

// testConfig has the settings that the suite requires.
func testConfig(t *testing.T) Config {
	return Config{
		RetryDelay:      queuetest.RetryDelay,
		MaxAttempts:     queuetest.MaxAttempts,
		MaxMessageBytes: queuetest.MaxMessageBytes,
		Logger:          slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

func open(t *testing.T, cfg Config) *jsQueue {
	t.Helper()
	q, err := cfg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q.(*jsQueue)
}

// openNew opens and creates a queue.
func openNew(t *testing.T, cfg Config) *jsQueue {
	t.Helper()
	q := open(t, cfg)
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return q
}

// reservePort returns an address that is reserved for the test, and the port in it.
func reservePort(t *testing.T) (host string, port int) {
	t.Helper()
	host = address.Reserve(t)
	_, number, _ := strings.Cut(host, ":")
	port, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	queuetest.Run(t, func(t *testing.T, visibility time.Duration) func() queue.Queue {
		cfg := testConfig(t)
		cfg.Visibility = visibility
		cfg.Dir = t.TempDir()
		return func() queue.Queue { return open(t, cfg) }
	}, queuetest.Capabilities{})
}

func TestRemote(t *testing.T) {
	t.Parallel()
	address := startRemote(t, t.TempDir(), server.RANDOM_PORT).Addr().String()
	queuetest.Run(t, func(t *testing.T, visibility time.Duration) func() queue.Queue {
		cfg := testConfig(t)
		cfg.Visibility = visibility
		cfg.Servers = []string{address}
		cfg.User, cfg.Password = "ci", "secret"
		cfg.Stream = strings.ReplaceAll(t.Name(), "/", "_")
		return func() queue.Queue { return open(t, cfg) }
	}, queuetest.Capabilities{})
}

// startRemote runs a server as an administrator would, but in this process.
func startRemote(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	return runServer(t, &server.Options{Port: port, StoreDir: dir, Username: "ci", Password: "secret"})
}

// runServer runs a server with files, in a new directory unless one is set.
func runServer(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	if o.StoreDir == "" {
		o.StoreDir = t.TempDir()
	}
	o.Host, o.JetStream, o.SyncAlways, o.NoSigs = "127.0.0.1", true, true, true
	srv, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(2 * time.Minute) {
		t.Fatal("the server does not start")
	}
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	return srv
}
