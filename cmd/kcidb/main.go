// SPDX-License-Identifier: Apache-2.0

// Command kcidb is the whole of KCIDB in one binary: the tools for reports,
// the tools for the database and the queue, the service, and the tools that
// submit reports and query them.
//
// It is also each of the Python system's tools: started under the name of one
// of them ("make links" creates the links), it accepts that tool's flags and
// arguments, and exits with that tool's status.
//
// Every command follows the same rules. It exits with 0 if its work is done,
// with 1 and an error on standard error if the work failed, and with 2 if its
// usage was wrong. Reports are read and written one by one, so memory depends
// on the largest report and never on the number of reports.
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

// run runs the command in args; args[0] is the program's name. It returns the
// exit status. A write to a closed pipe ends the process at once and silently,
// as Go does for standard output.
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

// program is the environment of a command.
type program struct {
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	level   logLevel
	started bool  // the command line was valid, and the command runs
	noHelp  error // why --help printed nothing
	oldName bool  // the program runs under the name of a Python tool
}
