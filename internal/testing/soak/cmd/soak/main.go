// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Command soak runs a scenario of package soak. "make drain", "make soak" and "make hostile"
// build and call it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/soak"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// run runs the scenario that the first argument names.
func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: soak drain|soak|hostile [FLAG...]")
	}
	if args[0] == "nats" && len(args) == 3 { // a scenario starts this one, and the next
		return soak.RunNATS(ctx, args[1], args[2])
	}
	if args[0] == "attack" && len(args) == 3 {
		return soak.RunAttack(ctx, args[1], args[2])
	}
	flags := flag.NewFlagSet("soak "+args[0], flag.ContinueOnError)
	binary := flags.String("kcidb", "bin/kcidb", "the program")
	in := flags.String("dir", os.TempDir(), "where to put a folder for all files; it is removed at the end")
	submissions := flags.Int("submissions", 20_000, "how many submissions to queue")
	postgres := flags.Bool("postgres", false, "use PostgreSQL in place of SQLite")
	duration := flags.Duration("duration", 5*time.Minute, "how long to soak")
	each := flags.Duration("each", 10*time.Second, "how long to measure alone, and beside each attack")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	dir, remove, err := soak.TempDir(*in)
	if err != nil {
		return err
	}
	defer remove()
	fmt.Printf("%s, %d cores, load %s\n", time.Now().UTC().Format("2006-01-02 15:04"), runtime.NumCPU(), load())
	switch args[0] {
	case "drain":
		s := soak.Drain{Binary: *binary, Dir: dir, Submissions: *submissions, Postgres: *postgres, Out: os.Stdout}
		return s.Run(ctx)
	case "soak":
		s := soak.Soak{
			Binary: *binary, NATS: []string{os.Args[0], "nats"}, Dir: dir, Out: os.Stdout, Duration: *duration,
			Kill: 20 * time.Second, Restart: min(5*time.Minute, *duration/3), Calibrate: 5000,
		}
		return s.Run(ctx)
	case "hostile":
		h := soak.Hostile{Binary: *binary, Attack: []string{os.Args[0], "attack"}, Dir: dir, Each: *each, Out: os.Stdout}
		return h.Run(ctx)
	}
	return fmt.Errorf("there is no scenario %q", args[0])
}

// load returns the load averages of the machine.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}
