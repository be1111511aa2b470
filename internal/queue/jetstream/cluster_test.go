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
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// startCluster runs n servers that form a cluster.
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
	for _, l := range listeners { // all at once, so that no port is used twice
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

// untilDone calls f until it succeeds, because calls fail while a cluster elects
// a leader.
func untilDone(t *testing.T, what string, f func() error) {
	t.Helper()
	eventually.Succeeds(t, func() error {
		err := f()
		if err != nil && !errors.Is(err, queue.ErrUnavailable) {
			t.Fatalf("%s: %v", what, err)
		}
		return err
	})
}

// TestCluster keeps messages on three servers, and stops the leader while
// messages are published. No message is lost, and no message comes twice.
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
	if err := q.Init(t.Context()); err != nil { // the streams have no leader yet
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
		// Fails at once if the connection was to the stopped server.
		untilDone(t, "publish", func() error { return q.Publish(t.Context(), m) })
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
		publish(i) // the first half again: the queue knows these messages
	}
	seen := map[string]int{}
	for len(seen) < messages {
		var got []queue.Delivery
		untilDone(t, "pull", func() (err error) {
			got, err = q.Pull(t.Context(), queue.Limits{}, 10*time.Second)
			return err
		})
		if len(got) == 0 {
			t.Fatalf("only %d messages of %d", len(seen), messages)
		}
		for _, d := range got {
			seen[d.Message().ID]++
			untilDone(t, "acknowledge", func() error { return d.Ack(t.Context()) })
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
}
