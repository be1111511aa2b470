// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// startCluster runs so many servers that keep messages together.
func startCluster(t *testing.T, n int) map[string]*server.Server {
	t.Helper()
	var listeners []net.Listener
	var ports []int
	var routes []*url.URL
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: l.Addr().String()})
	}
	for _, l := range listeners { // together, so that no port comes twice
		l.Close()
	}
	servers := map[string]*server.Server{}
	for i, port := range ports {
		name := "n" + strconv.Itoa(i)
		servers[name] = runServer(t, &server.Options{
			ServerName: name, Port: server.RANDOM_PORT, Username: "ci", Password: "secret",
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port}, Routes: routes,
		})
	}
	return servers
}

// insist repeats what fails while a cluster finds a new leader.
func insist(t *testing.T, what string, f func() error) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := f()
		if err == nil {
			return
		}
		if !errors.Is(err, queue.ErrUnavailable) || time.Now().After(end) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// TestCluster keeps messages on three servers, and stops the one that leads
// while messages are published. None is lost, and none comes twice.
func TestCluster(t *testing.T) {
	t.Parallel()
	servers := startCluster(t, 3)
	var addresses []string
	for _, srv := range servers {
		addresses = append(addresses, srv.Addr().String())
	}
	cfg, err := Parse("nats://ci:secret@" + strings.Join(addresses, ",") + "/CLUSTER?replicas=3")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Logger = testConfig(t).Logger
	q := open(t, cfg)
	if err := q.Init(t.Context()); err != nil { // they have no leader yet
		t.Fatal(err)
	}
	for _, name := range []string{"CLUSTER", "CLUSTER-dead"} {
		stream, err := q.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if got := stream.CachedInfo().Config.Replicas; got != 3 {
			t.Errorf("stream %s has %d replicas", name, got)
		}
	}
	const messages = 60
	publish := func(i int) {
		m := queue.Message{ID: fmt.Sprintf("m%02d", i), Data: []byte(strconv.Itoa(i))}
		// Refused at once where the connection was to the server that is gone.
		insist(t, "publish", func() error { return q.Publish(t.Context(), m) })
	}
	for i := range messages / 2 {
		publish(i)
	}
	stream, err := q.js.Stream(t.Context(), "CLUSTER")
	if err != nil {
		t.Fatal(err)
	}
	leader := servers[stream.CachedInfo().Cluster.Leader]
	leader.Shutdown()
	leader.WaitForShutdown()
	for i := range messages {
		publish(i) // the first half again: they are known
	}
	seen := map[string]int{}
	for len(seen) < messages {
		var got []queue.Delivery
		insist(t, "pull", func() (err error) {
			got, err = q.Pull(t.Context(), queue.Limits{}, 10*time.Second)
			return err
		})
		if len(got) == 0 {
			t.Fatalf("only %d messages of %d", len(seen), messages)
		}
		for _, d := range got {
			seen[d.Message().ID]++
			insist(t, "acknowledge", func() error { return d.Ack(t.Context()) })
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}
