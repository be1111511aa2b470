// SPDX-License-Identifier: Apache-2.0

// Package pgtest runs PostgreSQL servers for tests.
//
// A server runs Debian's PostgreSQL, or the PostgreSQL in the PATH. Its data and
// its socket are in a temporary folder, and it listens on no port. The server ends
// with the process that started it, even if that process is killed, and the folder
// is removed.
//
// Starting a server takes about a second. Tests share one server, which the first
// test that needs a database starts, in memory if there is room; creating a database takes
// some 50 ms.
//
// Without PostgreSQL, tests are skipped; with CI=true they fail.
package pgtest

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
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
	s, err := start(requirePrograms(t), "", settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// New starts a server for a program that is not a test, in a new folder within dir. The
// settings are as those of Start. The program closes the server.
func New(dir string, settings ...string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	return start(bin, dir, settings)
}

// start starts a server with its folder within in, or, if that is "", within the folder for
// temporary files.
func start(bin, in string, settings []string) (*Server, error) {
	s, err := prepare(bin, in)
	if err != nil {
		return nil, err
	}
	if err = s.initialize(settings); err == nil {
		err = s.run()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
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
		if shared.Server, shared.err = prepare(bin, roomy()); shared.err != nil {
			return
		}
		shared.fleeting = true
		if shared.err = shared.initialize([]string{"max_wal_size = '128MB'"}); shared.err == nil {
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
	return s.Copy(t, "template0")
}

// Copy creates a copy of a database, to which no client may be connected, and returns its
// specification. The copy is removed after the test.
func (s *Server) Copy(t testing.TB, database string) string {
	t.Helper()
	name := "test" + strconv.FormatInt(databases.Add(1), 10)
	s.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+database)
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

// Replica starts a server that follows this one, for one test.
func (s *Server) Replica(t testing.TB, settings ...string) *Server {
	t.Helper()
	r, err := prepare(requirePrograms(t), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
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
