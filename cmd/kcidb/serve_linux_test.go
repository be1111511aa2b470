// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
)

// TestServePrintsURL starts the service on a terminal, which shows its URL.
func TestServePrintsURL(t *testing.T) {
	tty, screen := terminal(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"kcidb", "serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0"}, strings.NewReader(""), tty, io.Discard)
		tty.Close()
	}()
	line, err := bufio.NewReader(screen).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "KCIDB answers at http://127.0.0.1:") {
		t.Errorf("the terminal shows %q, %v", line, err)
	}
	cancel()
	if code := <-done; code != 0 {
		t.Errorf("exit status %d", code)
	}
}
