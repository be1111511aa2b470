// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// TestMain runs the programs that scenarios start, if the arguments say so.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	run := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	switch args := os.Args[1:]; args[0] {
	case "serve":
		run(serve(ctx))
	case "nats":
		run(RunNATS(ctx, args[1], args[2]))
	case "attack":
		run(RunAttack(ctx, args[1], args[2]))
	}
	os.Exit(m.Run())
}

// serve runs a service as kcidb serve does.
func serve(ctx context.Context) error {
	cfg, err := service.LoadConfig("", os.LookupEnv)
	if err != nil {
		return err
	}
	s, err := service.New(cfg, slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

// scenario is a scenario in small.
type scenario func(dir string, out *strings.Builder) interface{ Run(context.Context) error }

// test runs a scenario, and looks for texts in its output.
func (s scenario) test(t *testing.T, want ...string) {
	t.Helper()
	dir, remove, err := TempDir("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	var out strings.Builder
	if err := s(dir, &out).Run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	for _, w := range want {
		if !strings.Contains(out.String(), w) {
			t.Errorf("no %q in:\n%s", w, &out)
		}
	}
}

// TestDrain drains a queue into SQLite. The program counts.
func TestDrain(t *testing.T) {
	scenario(func(dir string, out *strings.Builder) interface{ Run(context.Context) error } {
		return &Drain{Binary: os.Args[0], Dir: dir, Submissions: 2000, Out: out}
	}).test(t, "the last part against the first", "all 2000 submissions are loaded")
}

// TestSoak kills processes and restarts PostgreSQL for some seconds.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	need.Tool(t, "bash", "bash")
	scenario(func(dir string, out *strings.Builder) interface{ Run(context.Context) error } {
		return &Soak{
			Binary: os.Args[0], NATS: []string{os.Args[0], "nats"}, Dir: dir, Out: out,
			Duration: 8 * time.Second, Kill: 2 * time.Second, Restart: 3 * time.Second, Calibrate: 200,
		}
	}).test(t, "acknowledged submissions are loaded once")
}

// TestHostile attacks a service in each way for a moment.
func TestHostile(t *testing.T) {
	scenario(func(dir string, out *strings.Builder) interface{ Run(context.Context) error } {
		return &Hostile{Binary: os.Args[0], Attack: []string{os.Args[0], "attack"}, Dir: dir, Each: 200 * time.Millisecond, Out: out}
	}).test(t, "alone", "beside 1,000 at once that submit")
}
