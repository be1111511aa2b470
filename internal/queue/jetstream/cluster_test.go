// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// startCluster runs n servers that form a cluster.
func startCluster(t *testing.T, n int) map[string]*server.Server {
	t.Helper()
	var ports []int
	var routes []*url.URL
	for range n {
		host, port := reservePort(t)
		ports = append(ports, port)
		routes = append(routes, &url.URL{Scheme: "nats", Host: host})
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

// streamWithLeader returns a stream when it has a leader.
func streamWithLeader(t *testing.T, q *jsQueue, name string) (stream js.Stream) {
	t.Helper()
	eventually.Succeeds(t, func() (err error) {
		stream, err = q.js.Stream(t.Context(), name)
		if err == nil && stream.CachedInfo().Cluster.Leader == "" {
			err = errors.New("no leader")
		}
		return err
	})
	return stream
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
	untilDone(t, "create", func() error { return q.Init(t.Context()) }) // the streams have no leader yet
	for _, name := range []string{"CLUSTER", "CLUSTER-dead"} {
		stream := streamWithLeader(t, q, name)
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
	leader := servers[streamWithLeader(t, q, "CLUSTER").CachedInfo().Cluster.Leader]
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
			if err == nil && len(got) == 0 { // a cluster that elects a leader may lose requests
				err = fmt.Errorf("only %d messages of %d: %w", len(seen), messages, queue.ErrUnavailable)
			}
			return err
		})
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
