// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// errReported is a failure the user has been told of already.
var errReported = errors.New("failed")

// errCannotPurge is how "db purge" says that a database cannot.
var errCannotPurge = errors.New("the database cannot purge")

// usageError is a command line that makes no sense, found out while its
// command was running already.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...)}
}

// exitStatus tells the user of err and returns the status to exit with.
// Whatever goes wrong before a command started is a matter of usage.
func (p *program) exitStatus(ctx context.Context, cmd *cobra.Command, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case errors.Is(err, errCannotPurge):
		return exitUsage
	case errors.Is(err, syscall.EPIPE):
		return exitFailed
	case !p.started || errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "%s: %v\nTry '%[1]s --help'.\n", cmd.CommandPath(), err)
		return exitUsage
	case ctx.Err() != nil:
		fmt.Fprintf(p.stderr, "%s: interrupted\n", cmd.CommandPath())
		return exitFailed
	case isInvalid(err):
		fmt.Fprintln(p.stderr, explain(err))
		return exitFailed
	default:
		fmt.Fprintf(p.stderr, "%s: %v\n", cmd.CommandPath(), err)
		return exitFailed
	}
}
