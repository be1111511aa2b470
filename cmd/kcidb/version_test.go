// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

func TestVersionOf(t *testing.T) {
	installed := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}
	for _, tt := range []struct {
		linked string
		info   *debug.BuildInfo
		want   string
	}{
		{"v1.2.3-4-gabcdef", installed, "v1.2.3-4-gabcdef"},
		{"", installed, "v1.2.3"},
		{"", &debug.BuildInfo{}, "(unknown)"},
		{"", nil, "(unknown)"},
	} {
		if got := versionOf(tt.linked, tt.info); got != tt.want {
			t.Errorf("versionOf(%q, %v) is %q, want %q", tt.linked, tt.info, got, tt.want)
		}
	}
}

// TestMakeBuildsTag checks that "make build" gives the linker the tag of the commit.
func TestMakeBuildsTag(t *testing.T) {
	for _, tool := range []string{"make", "git"} {
		need.Tool(t, tool, tool)
	}
	dir := t.TempDir()
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), makefile, 0o644); err != nil {
		t.Fatal(err)
	}
	output := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	output("git", "init", "-q")
	output("git", "add", "Makefile")
	output("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "first")
	output("git", "tag", "v1.2.3")
	if got := output("make", "--no-print-directory", "-n", "build"); !strings.Contains(got, "-X main.version=v1.2.3\"") {
		t.Errorf("make build runs %s", got)
	}
}
