// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Stop stops the server as a crash would, or aborts the open transactions and shuts
// down in order.
func (s *Server) Stop(t testing.TB, crash bool) {
	t.Helper()
	if err := s.stop(crash); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) stop(crash bool) error {
	mode := "fast"
	if crash {
		mode = "immediate"
	}
	if err := s.tool("pg_ctl", "stop", "-D", s.data(), "-m", mode); err != nil {
		return err
	}
	<-s.gone
	return nil
}

// Restart stops the server as Stop does, and runs it again.
func (s *Server) Restart(crash bool) error {
	if err := s.stop(crash); err != nil {
		return err
	}
	return s.run()
}

// Run starts the server again after Stop.
func (s *Server) Run(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

// Signal sends a signal to all processes of the server: SIGSTOP makes it stall.
func (s *Server) Signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	children, err := os.ReadFile("/proc/" + line + "/task/" + line + "/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range append(strings.Fields(string(children)), line) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
}

// keep runs the server until the server ends or standard input is closed. The latter
// happens when the process that started keep ends. If a second argument is given, keep
// removes that folder at the end.
const keep = `exec 3<&0
"$0" -D data >>log 2>&1 </dev/null & server=$!
{ cat <&3 >/dev/null; kill -INT $server; } 2>/dev/null & watch=$!
wait $server
kill $watch 2>/dev/null
[ -z "$1" ] || rm -rf "$1"`

// run starts the server, and returns when it takes connections.
func (s *Server) run() error {
	folder := ""
	if s.fleeting {
		folder = s.Dir
	}
	cmd := s.command("bash", "-c", keep, filepath.Join(s.bin, "postgres"), folder)
	// Interrupting the tests at a terminal must not reach the server first.
	attr := syscall.SysProcAttr{Setpgid: true}
	if s.owner != nil {
		attr.Credential = s.owner.Credential
	}
	cmd.SysProcAttr = &attr
	keeper, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.keeper, s.gone = keeper, make(chan struct{})
	go func() {
		cmd.Wait()
		close(s.gone)
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(3 * time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		conn, err := pgx.Connect(ctx, s.DSN("postgres", Superuser))
		if err == nil {
			err = conn.Close(ctx)
		}
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-s.gone:
			log, _ := os.ReadFile(filepath.Join(s.Dir, "log"))
			return fmt.Errorf("the PostgreSQL server ended at once:\n%s", log)
		case <-end:
			return fmt.Errorf("the PostgreSQL server does not answer after three minutes: %w", err)
		case <-tick.C:
		}
	}
}

// Close stops the server and removes what it wrote.
func (s *Server) Close() {
	if s.keeper != nil {
		s.keeper.Close()
		<-s.gone
	}
	os.RemoveAll(s.Dir)
}
