// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

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

// memory is a file system in memory. A database is some hundred files, which tests create
// and remove there at less cost than on a disk.
const memory = "/dev/shm"

// roomy returns memory if it has room for a server of tests, else "".
func roomy() string {
	const enough = 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || int64(fs.Bavail)*int64(fs.Bsize) < enough {
		return ""
	}
	return memory
}

// prepare returns a server that has only an empty folder so far, in a folder or, if that is
// "", in the folder for temporary files.
func prepare(bin, in string) (*Server, error) {
	dir, err := os.MkdirTemp(in, "pgtest")
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
