// SPDX-License-Identifier: Apache-2.0

// Package pgtest runs PostgreSQL servers for tests.
//
// A server runs Debian's PostgreSQL, or the PostgreSQL in the PATH. Its data and
// its socket are in a temporary folder, and it listens on no port. The server ends
// with the process that started it, even if that process is killed, and the folder
// is removed.
//
// Starting a server takes about a second. Tests share one server, which the first
// test that needs a database starts; creating a database takes some 50 ms.
//
// Without PostgreSQL, tests are skipped; with CI=true they fail.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// Port is part of the name of each server's socket.
const Port = 5432

// Superuser is the database user that owns the server and needs no password.
const Superuser = "postgres"

// Server is a running PostgreSQL server.
type Server struct {
	// Dir holds the socket, and the folder "data". Server processes may write to it.
	Dir string

	bin      string // folder of PostgreSQL's programs
	owner    *syscall.SysProcAttr
	fleeting bool      // the folder is removed with the server
	keeper   io.Closer // closing it ends the server
	gone     chan struct{}
}

// Start starts a server for one test. The settings are lines of postgresql.conf; they
// come after the settings that make tests fast, and so override them.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := prepare(requirePrograms(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	if err := s.initialize(settings); err != nil {
		t.Fatal(err)
	}
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
	return s
}

// shared is the server of all tests that do not start their own.
var shared struct {
	sync.Once
	*Server
	err error
}

var databases atomic.Int64

// Database creates an empty database on the server that tests share, and returns its
// specification, with the superuser as the user. The database is removed after the test.
func Database(t testing.TB) string {
	t.Helper()
	return Shared(t).Database(t)
}

// Shared returns the server that tests share.
func Shared(t testing.TB) *Server {
	t.Helper()
	bin := requirePrograms(t)
	shared.Do(func() {
		if shared.Server, shared.err = prepare(bin); shared.err != nil {
			return
		}
		shared.fleeting = true
		if shared.err = shared.initialize(nil); shared.err == nil {
			shared.err = shared.run()
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.Server
}

// Database creates an empty database and returns its specification. The database is
// removed after the test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := "test" + strconv.FormatInt(databases.Add(1), 10)
	s.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() {
		// A test may have stopped the server.
		if conn, err := pgx.Connect(context.Background(), s.DSN("postgres", Superuser)); err == nil {
			defer conn.Close(context.Background())
			if _, err := conn.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
				t.Error(err)
			}
		}
	})
	return s.Spec(name, Superuser)
}

// DSN returns the connection string with which libpq connects to a database as a user.
func (s *Server) DSN(database, user string) string {
	return fmt.Sprintf("host=%s port=%d dbname=%s user=%s", s.Dir, Port, database, user)
}

// Spec returns the specification of a database for a user.
func (s *Server) Spec(database, user string) string { return "postgresql:" + s.DSN(database, user) }

// ReplicaSpec translates the specification of a database on another server to the database
// of the same name on this server, with the same user. A test gets the replica of a
// database this way.
func (s *Server) ReplicaSpec(spec string) string {
	_, rest, _ := strings.Cut(spec, " port=")
	return "postgresql:host=" + s.Dir + " port=" + rest
}

// Bin returns the folder of the server's programs, and of the clients'.
func (s *Server) Bin() string { return s.bin }

// Exec runs statements in a database as the superuser.
func (s *Server) Exec(t testing.TB, database string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.DSN(database, Superuser))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, statement := range statements {
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatalf("%v\nof %s", err, statement)
		}
	}
}

// Stop stops the server as a crash would, or aborts the open transactions and shuts
// down in order.
func (s *Server) Stop(t testing.TB, crash bool) {
	t.Helper()
	mode := "fast"
	if crash {
		mode = "immediate"
	}
	if err := s.tool("pg_ctl", "stop", "-D", s.data(), "-m", mode); err != nil {
		t.Fatal(err)
	}
	<-s.gone
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

// Replica starts a server that follows this one, for one test.
func (s *Server) Replica(t testing.TB, settings ...string) *Server {
	t.Helper()
	r, err := prepare(requirePrograms(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.remove)
	err = r.tool("pg_basebackup", "-D", r.data(), "-h", s.Dir, "-p", strconv.Itoa(Port), "-U", Superuser, "-R", "-c", "fast", "-X", "stream")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.configure(settings); err != nil {
		t.Fatal(err)
	}
	if err := r.run(); err != nil {
		t.Fatal(err)
	}
	return r
}

// requirePrograms returns the folder of PostgreSQL's programs. Without PostgreSQL it skips the
// test, or fails it with CI=true.
func requirePrograms(t testing.TB) string {
	t.Helper()
	bin, err := programs()
	if err != nil {
		need.Missing(t, err.Error())
	}
	return bin
}

// prepare returns a server that has only an empty folder so far.
func prepare(bin string) (*Server, error) {
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, bin: bin}
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		s.owner, err = unprivileged(dir)
	}
	return s, err
}

// programs returns the folder of PostgreSQL's programs: Debian's newest, or the folder
// in the PATH if Debian's are not installed.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int {
		version := func(path string) int {
			n, _ := strconv.Atoi(strings.Split(path, "/")[4])
			return n
		}
		return version(b) - version(a)
	})
	if path, err := exec.LookPath("initdb"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "", errors.New("PostgreSQL's server is missing: apt-get install postgresql")
	}
	return filepath.Dir(found[0]), nil
}

// unprivileged gives a folder to the user that Debian's package creates, or to the user
// `nobody`, and returns the attributes to run programs as this user.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	u, err := user.Lookup(Superuser)
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// command returns a command of PostgreSQL's, run as its user and in its folder.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.Dir
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	cmd.SysProcAttr = s.owner
	return cmd
}

func (s *Server) tool(name string, args ...string) error {
	out, err := s.command(filepath.Join(s.bin, name), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

func (s *Server) initialize(settings []string) error {
	err := s.tool("initdb", "-D", s.data(), "-U", Superuser, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions")
	if err != nil {
		return err
	}
	return s.configure(settings)
}

// configure appends to the server's settings. Syncing is off: tests need not survive a
// power failure.
func (s *Server) configure(settings []string) error {
	all := append([]string{
		"listen_addresses = ''", "unix_socket_directories = '" + s.Dir + "'", "max_connections = 200",
		"fsync = off", "shared_buffers = '64MB'", "log_min_messages = 'warning'",
	}, settings...)
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\n" + strings.Join(all, "\n") + "\n")
	return errors.Join(err, f.Close())
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
	end := time.After(time.Minute)
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
			return fmt.Errorf("the PostgreSQL server does not answer after a minute: %w", err)
		case <-tick.C:
		}
	}
}

// remove stops the server and removes what it wrote.
func (s *Server) remove() {
	if s.keeper != nil {
		s.keeper.Close()
		<-s.gone
	}
	os.RemoveAll(s.Dir)
}
