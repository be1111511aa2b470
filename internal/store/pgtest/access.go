// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Require puts lines at the top of pg_hba.conf, before the lines that let every user
// in without a password, and restarts the server.
func (s *Server) Require(t testing.TB, lines ...string) {
	t.Helper()
	file := filepath.Join(s.data(), "pg_hba.conf")
	text, err := os.ReadFile(file)
	if err == nil { // the file keeps its owner
		err = os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"+string(text)), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Stop(t, false)
	s.Run(t)
}

// Chown gives a folder to the server's user.
func (s *Server) Chown(t testing.TB, dir string) {
	t.Helper()
	if s.owner == nil {
		return
	}
	if err := os.Chown(dir, int(s.owner.Credential.Uid), int(s.owner.Credential.Gid)); err != nil {
		t.Fatal(err)
	}
}
