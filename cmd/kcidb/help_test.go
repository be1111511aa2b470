// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "write what is to be expected instead of checking it")

// runHere runs a command in this process.
func runHere(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(stdin), &out, &err)
	return status, out.String(), err.String()
}

func TestHelp(t *testing.T) {
	root := newCommand(&program{}, "kcidb")
	eachCommand(root, func(cmd *cobra.Command) {
		if strings.HasPrefix(cmd.CommandPath(), "kcidb completion") {
			return // cobra's own
		}
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			status, got, stderr := runHere(t, "", append(strings.Fields(cmd.CommandPath()), "--help")...)
			if status != exitDone || stderr != "" {
				t.Fatalf("exits with %d, says %q", status, stderr)
			}
			for line := range strings.Lines(got) {
				if strings.HasSuffix(line, " \n") {
					t.Errorf("a line ends with white space: %q", line)
				}
			}
			if !cmd.Hidden && !strings.Contains(got, "\nExample:\n") {
				t.Error("there is no example")
			}
			golden(t, strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".txt", got)
		})
	})
}

// golden compares a text with a file in testdata/help.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata/help", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (go test -update accepts it):\n%s", file, diff)
	}
}

func TestOldNames(t *testing.T) {
	for _, tool := range oldTools {
		t.Run(tool.name, func(t *testing.T) {
			status, stdout, stderr := runHere(t, "", "/usr/bin/"+tool.name, "--help")
			if status != exitDone || stderr != "" {
				t.Errorf("--help exits with %d, says %q", status, stderr)
			}
			if !strings.Contains(stdout, "Usage: "+tool.name+" ") {
				t.Errorf("usage does not name the tool:\n%s", stdout)
			}
			if strings.Contains(stdout, "kcidb "+tool.command) {
				t.Errorf("help speaks of %q:\n%s", "kcidb "+tool.command, stdout)
			}
			status, stdout, _ = runHere(t, "", tool.name, "--version")
			if want := tool.name + " " + programVersion() + "\n"; status != exitDone || stdout != want {
				t.Errorf("--version exits with %d and %q, want %q", status, stdout, want)
			}
			status, stdout, stderr = runHere(t, "", tool.name, "--no-such-flag")
			if status != exitUsage || stdout != "" || !strings.HasPrefix(stderr, tool.name) {
				t.Errorf("with an unknown flag it exits with %d, prints %q, says %q", status, stdout, stderr)
			}
		})
	}
}
