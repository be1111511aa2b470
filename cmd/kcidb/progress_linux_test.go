// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// terminal returns both ends of a new terminal: the device for programs, and
// the screen.
func terminal(t *testing.T) (tty, screen *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	var unlock, number int32
	for request, value := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, screen.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
			t.Fatal(errno)
		}
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tty.Close() })
	return tty, screen
}

// TestProgressOnTerminal: a long load shows its progress on a terminal.
func TestProgressOnTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("under the race detector each command takes half a second")
	}
	tty, screen := terminal(t)
	spec := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	if code := run(t.Context(), []string{"kcidb", "db", "init", "-d", spec}, strings.NewReader(""), io.Discard, os.Stderr); code != 0 {
		t.Fatalf("init: exit status %d", code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	go func() { // writes reports until the test has seen the progress
		defer out.Close()
		for i := 0; ctx.Err() == nil; i++ {
			fmt.Fprintf(out, `{"version":{"major":5,"minor":3},"checkouts":[{"id":"ci:%d","origin":"ci"}]}`+"\n", i)
		}
	}()
	done := make(chan int)
	go func() {
		done <- run(t.Context(), []string{"kcidb", "db", "load", "-d", spec}, in, io.Discard, tty)
	}()
	line, err := bufio.NewReader(screen).ReadString('/')
	if err != nil || !strings.Contains(line, " objects loaded, ") {
		t.Errorf("the terminal shows %q, %v", line, err)
	}
	cancel()
	go io.Copy(io.Discard, screen)
	if code := <-done; code != 0 {
		t.Errorf("load: exit status %d", code)
	}
}
