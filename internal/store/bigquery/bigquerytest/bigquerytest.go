// SPDX-License-Identifier: Apache-2.0

// Package bigquerytest runs a server of BigQuery's interfaces for tests: local-bigquery,
// which scripts/local-bigquery installs. It keeps its tables with DuckDB, so it answers
// like BigQuery but has neither its quotas nor its costs.
//
// Starting the server takes some 5 seconds. All tests of a process share one server, which
// the first test starts. It ends with the process, even if the process is killed.
//
// Without the server, tests are skipped; with CI=true they fail.
package bigquerytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// Project is the project of all data sets.
const Project = "p"

// Server is a running server.
type Server struct {
	HTTP, GRPC string // HOST:PORT

	dir    string
	keeper io.Closer // closing it ends the server
}

var shared struct {
	sync.Once
	Server
	err error
}

var datasets atomic.Int64

// Shared returns the server that the tests of the process share. It sets the environment
// variables by which clients of this process, and processes that it starts, find the
// server.
func Shared(t testing.TB) *Server {
	t.Helper()
	tool := need.Installed(t, "bin/venv-bigquery/bin/run-local-bigquery", "scripts/local-bigquery")
	shared.Do(func() {
		if shared.err = shared.start(tool); shared.err == nil {
			os.Setenv(google.BigQueryEmulator, shared.HTTP)
			os.Setenv(google.BigQueryStorageEmulator, shared.GRPC)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return &shared.Server
}

// Name returns the name of a data set that does not exist. It is removed after the test.
func Name(t testing.TB) string {
	t.Helper()
	server := Shared(t)
	name := newName()
	t.Cleanup(func() {
		client, err := bigquery.NewClient(context.Background(), Project, google.HTTP(google.BigQueryEmulator, "/bigquery/v2/")...)
		if err != nil {
			t.Errorf("%s: %v", server.HTTP, err)
			return
		}
		defer client.Close()
		client.Dataset(name).DeleteWithContents(context.Background()) // a test may have removed it
	})
	return name
}

// Spec returns the specification of a database without a data set. The data set is removed
// after the test.
func Spec(t testing.TB) string { return "bigquery:" + Project + "." + Name(t) }

// SharedSpec returns the specification of a database without a data set that stays until
// the server ends. Tests can hand it on to other tests.
func SharedSpec(t testing.TB) string {
	t.Helper()
	Shared(t)
	return "bigquery:" + Project + "." + newName()
}

func newName() string { return fmt.Sprintf("test%d_%d", os.Getpid(), datasets.Add(1)) }

// keep runs the server until the server ends or standard input is closed, which happens
// when the process that started keep ends. Then it removes the data.
const keep = `exec 3<&0
"$0" --host 127.0.0.1 --port "$1" --grpc-port "$2" --project "$3" --data-dir "$4/data" serve >"$4/log" 2>&1 </dev/null & server=$!
{ cat <&3 >/dev/null; kill -KILL $server; } 2>/dev/null & watch=$!
wait $server
kill $watch 2>/dev/null
rm -rf "$4"`

// start starts the server, and returns when it answers. Another process may take a port
// that was free a moment ago, so start tries other ports then.
func (s *Server) start(tool string) error {
	var err error
	for range 3 {
		if err = s.try(tool); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) try(tool string) error {
	var err error
	if s.dir, err = os.MkdirTemp("", "bigquerytest"); err != nil {
		return err
	}
	if s.HTTP, s.GRPC, err = freeAddresses(); err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(s.HTTP)
	_, grpcPort, _ := net.SplitHostPort(s.GRPC)
	cmd := exec.Command("bash", "-c", keep, tool, port, grpcPort, Project, s.dir)
	// Interrupting the tests at a terminal must not reach the server first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.keeper, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		cmd.Wait()
		close(gone)
	}()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	end := time.After(3 * time.Minute)
	for {
		if s.answers() {
			return nil
		}
		select {
		case <-gone:
			return errors.New("local-bigquery ended at once")
		case <-end:
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			s.keeper.Close()
			return fmt.Errorf("local-bigquery does not answer after three minutes:\n%s", strings.TrimSpace(string(log)))
		case <-tick.C:
		}
	}
}

// answers reports whether the server takes connections on both ports.
func (s *Server) answers() bool {
	for _, address := range []string{s.HTTP, s.GRPC} {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false
		}
		c.Close()
	}
	return true
}

func freeAddresses() (one, other string, err error) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer first.Close()
	second, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	defer second.Close()
	return first.Addr().String(), second.Addr().String(), nil
}
