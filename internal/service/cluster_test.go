// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// natsVariable makes the test binary a NATS server with the options in the
// variable.
const natsVariable = "KCIDB_TEST_NATS"

// natsNode is a NATS server in a process of its own.
type natsNode struct {
	*process
	address string // for clients
}

// natsOptions are the options of a server.
type natsOptions struct {
	Name, Dir               string
	ClientPort, ClusterPort int
	Routes                  []string
}

// runTestNATS runs a NATS server until its standard input ends.
func runTestNATS(encoded string) {
	var o natsOptions
	if err := json.Unmarshal([]byte(encoded), &o); err != nil {
		panic(err)
	}
	options := &server.Options{
		ServerName: o.Name, Host: "127.0.0.1", Port: o.ClientPort, JetStream: true, StoreDir: o.Dir, SyncAlways: true,
		NoLog: true, NoSigs: true,
	}
	if len(o.Routes) > 1 {
		options.Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: o.ClusterPort}
		for _, route := range o.Routes {
			options.Routes = append(options.Routes, &url.URL{Scheme: "nats", Host: route})
		}
	}
	srv, err := server.NewServer(options)
	if err != nil {
		panic(err)
	}
	go srv.Start()
	io.Copy(io.Discard, os.Stdin)
	srv.Shutdown()
	srv.WaitForShutdown()
	os.Exit(0)
}

// startNATS starts n servers that form a cluster.
func startNATS(t testing.TB, n int) []*natsNode {
	t.Helper()
	port := func() int {
		_, number, _ := strings.Cut(address.Reserve(t), ":")
		port, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		return port
	}
	var all []natsOptions
	var routes []string
	for i := range n {
		o := natsOptions{Name: fmt.Sprint("n", i), Dir: t.TempDir(), ClientPort: port(), ClusterPort: port()}
		routes = append(routes, fmt.Sprintf("127.0.0.1:%d", o.ClusterPort))
		all = append(all, o)
	}
	var nodes []*natsNode
	for _, o := range all {
		o.Routes = routes
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		host := fmt.Sprintf("127.0.0.1:%d", o.ClientPort)
		nodes = append(nodes, &natsNode{startTestBinary(t, natsVariable+"="+string(text), io.Discard), host})
	}
	for _, node := range nodes {
		eventually.True(t, "NATS answers", func() bool {
			conn, err := net.Dial("tcp", node.address)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	}
	return nodes
}

// startRole starts a process with a role, which logs to a file.
func startRole(t testing.TB, role, database, queue, log string) (*process, string) {
	t.Helper()
	f, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	listen := address.Reserve(t)
	config := fmt.Sprintf("data: \"\"\nlisten: %s\nroles: %s\ndatabase: %q\nqueue: %q\nsubscriptions: %s\n",
		listen, role, database, queue, t.TempDir())
	return startProcess(t, config, "http://"+listen, f), "http://" + listen
}

// TestManyProcesses runs two processes that receive submissions and three that
// load them, with a queue of three servers and one database. It kills a queue
// server and a loader meanwhile. Every acknowledged submission is loaded, and
// none is loaded twice.
func TestManyProcesses(t *testing.T) {
	database := postgres(t, pgtest.Database(t))
	nodes := startNATS(t, 3)
	var addresses []string
	for _, n := range nodes {
		addresses = append(addresses, n.address)
	}
	queue := "nats://" + strings.Join(addresses, ",") + "/MANY?replicas=3"
	log := filepath.Join(t.TempDir(), "log")
	_, one := startRole(t, "web", database, queue, log)
	_, two := startRole(t, "web", database, queue, log)
	var loaders []*process
	for range 3 {
		p, _ := startRole(t, "load", database, queue, log)
		loaders = append(loaders, p)
	}
	startRole(t, "notify", database, queue, log)

	const clients = 4
	reports := 300
	if testing.Short() {
		reports = 100
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var sent, taken atomic.Int64
	ids := make([][]string, clients)
	var senders sync.WaitGroup
	for i := range clients {
		senders.Go(func() {
			for ctx.Err() == nil {
				n := int(sent.Add(1))
				if n > reports {
					return
				}
				// A client that sees no answer sends the report again, to the
				// other process.
				for try := 0; ctx.Err() == nil; try++ {
					if id := trySubmit(ctx, []string{one, two}[(i+try)%2], newReport(n)); id != "" {
						ids[i] = append(ids[i], id)
						taken.Add(1)
						break
					}
				}
			}
		})
	}
	eventually.True(t, "a third is sent", func() bool { return taken.Load() > int64(reports)/3 })
	nodes[0].kill()
	loaders[0].kill()
	senders.Wait()
	if taken.Load() < int64(reports) {
		t.Fatalf("%d of %d reports were taken in", taken.Load(), reports)
	}
	// The submissions of the killed loader come again after the visibility time,
	// and later if the killed server was the queue's leader.
	begin := time.Now()
	for _, some := range ids {
		for _, id := range some {
			eventually.True(t, "submission "+id+" is processed", func() bool {
				return do(t, request(t, "GET", one+"/status?id="+id, nil)).Status == "processed"
			})
		}
	}
	t.Logf("all is processed %v after the last was sent", time.Since(begin).Round(time.Second))

	conn, err := pgx.Connect(t.Context(), strings.TrimPrefix(database, "postgresql:"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for query, want := range map[string]int{
		"SELECT count(*) FROM checkouts":                                         reports,
		"SELECT count(*) FROM builds b JOIN checkouts c ON c.id = b.checkout_id": reports,
		"SELECT count(*) FROM receipts WHERE failure != ''":                      0,
	} {
		var got int
		if err := conn.QueryRow(t.Context(), query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", query, got, err, want)
		}
	}
	expectLoadedOnce(t, log, len(loaders))
}

// expectLoadedOnce reads the processes' log: each submission was loaded once,
// and more than one loader loaded submissions.
func expectLoadedOnce(t *testing.T, file string, loaders int) {
	t.Helper()
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for line := range strings.Lines(string(log)) {
		var entry struct{ Msg, ID, Level string }
		if err := json.Unmarshal([]byte(line), &entry); err == nil && entry.Msg == "submission loaded" {
			times[entry.ID]++
		}
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("submission %s was loaded %d times", id, n)
		}
	}
	if len(times) == 0 {
		t.Errorf("nothing was loaded by %d loaders", loaders)
	}
}
