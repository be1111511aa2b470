// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestInterruptibleReadsAll(t *testing.T) {
	text := strings.Repeat("a report and another one\n", 100_000)
	for name, from := range map[string]io.Reader{
		"at once":       strings.NewReader(text),
		"in halves":     iotest.HalfReader(strings.NewReader(text)),
		"end with data": iotest.DataErrReader(strings.NewReader(text)),
	} {
		r := &interruptible{ctx: t.Context(), from: from}
		if err := iotest.TestReader(r, []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInterrupt: a command that waits for input ends on a signal, and its
// output up to then is complete.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdin, feed := io.Pipe()
	defer feed.Close()
	stdout, output := io.Pipe()
	var stderr bytes.Buffer
	status := make(chan int)
	go func() {
		status <- run(ctx, []string{"kcidb-validate", "--indent", "0"}, stdin, output, &stderr)
	}()
	const text = `{"version":{"major":5,"minor":3}}` + "\n"
	if _, err := io.WriteString(feed, text+text[:10]); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(stdout, got); err != nil || string(got) != text {
		t.Fatalf("got %q, %v", got, err)
	}
	cancel()
	if got := <-status; got != exitFailed || stderr.String() != "kcidb-validate: interrupted\n" {
		t.Errorf("exits with %d, says %q", got, &stderr)
	}
}
