// SPDX-License-Identifier: Apache-2.0

// Command kcidb is the whole of KCIDB in one binary: the tools that read and
// write reports, the tools of the database and the queue, the service, and the
// tools that hand reports in and get them back.
//
// It is also each of the Python system's tools: started under one of their
// names ("make links" makes the links) it takes that tool's flags and
// arguments, and ends with that tool's exit status.
//
// Every command keeps the same rules: 0 when its work is done, 1 when the work
// failed, with the reason on standard error, and 2 when it was not told
// properly what to do. Reports are read and written one by one, so memory
// depends on the largest report and never on the number of them.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the command that args asks for, args[0] being the program's name,
// and returns its exit status. A write to a pipe nobody reads any more ends
// the process at once and quietly, as Go does for standard output.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{
		stdin:  &interruptible{ctx: ctx, from: stdin},
		stdout: stdout,
		stderr: stderr,
		level:  logNone,
	}
	cmd := newCommand(p, args[0])
	cmd.SetArgs(args[1:])
	cmd.SetIn(p.stdin)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd, err := cmd.ExecuteContextC(ctx)
	if err == nil {
		err = p.noHelp
	}
	return p.exitStatus(ctx, cmd, err)
}

// program is what a command needs besides its own options.
type program struct {
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	level   logLevel
	started bool  // the command line was understood, and its command runs
	noHelp  error // why --help explained nothing
	oldName bool  // the program runs as one of the Python tools
}
