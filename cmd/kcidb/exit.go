// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// exitStatuses are the exit statuses of errors of the store and the queue, by kind.
// All other kinds are exitFailed.
var exitStatuses = map[errkind.Kind]int{
	errkind.Unsupported: exitUsage, // the database named cannot do what the command does
}

// errReported is a failure that the command has reported already.
var errReported = errors.New("failed")

// usageError is a wrong command line that the command found out only while it ran.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...)}
}

// exitStatus reports err to the user and returns the exit status. An error before
// the command started is one of usage.
func (p *program) exitStatus(ctx context.Context, cmd *cobra.Command, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
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
		return cmp.Or(exitStatuses[errkind.Of(err)], exitFailed)
	}
}
