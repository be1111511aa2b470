// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

func TestRollupsInterrupted(t *testing.T) {
	spec := "sqlite:" + filepath.Join(t.TempDir(), "a.db")
	if status, _, stderr := runHere(t, "", "kcidb", "db", "init", "-d", spec); status != exitDone {
		t.Fatal(stderr)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	for _, command := range []string{"verify", "rebuild"} {
		var stdout, stderr bytes.Buffer
		status := run(ctx, []string{"kcidb", "db", command, "-d", spec}, strings.NewReader(""), &stdout, &stderr)
		if want := "kcidb db " + command + ": interrupted\n"; status != exitFailed || stdout.Len() > 0 || stderr.String() != want {
			t.Errorf("exits with %d, says %q and %q, want %q", status, &stdout, &stderr, want)
		}
	}
}
