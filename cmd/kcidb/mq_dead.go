// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/queue"
)

func newMQDeadCommand(p *program) *cobra.Command {
	var o queueOptions
	cmd := &cobra.Command{
		Use:   "dead",
		Short: "Look after submissions that could not be loaded",
		Long: `List the submissions a queue has given up, look at them, and put them back or
throw them away. They are kept until then.`,
		Example: `  kcidb mq dead list --queue nats://mq.example.org/KCIDB
  kcidb mq dead restore --queue nats://mq.example.org/KCIDB ID`,
	}
	o.addFlags(cmd)
	cmd.AddCommand(
		newMQDeadListCommand(p, &o), newMQDeadShowCommand(p, &o),
		newMQDeadMoveCommand(&o, "restore", "Put submissions back into the queue", queue.Queue.Restore),
		newMQDeadMoveCommand(&o, "discard", "Throw submissions away", queue.Queue.Discard))
	return cmd
}

func newMQDeadListCommand(p *program, o *queueOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the submissions given up",
		Long: `List the submissions given up, oldest first, a line each: the ID, when it was
given up, how often it was tried, its origin ("-" where there is none), and the
reason, with tabs between them.`,
		Example: `  kcidb mq dead list --queue nats://mq.example.org/KCIDB`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runMQDeadList(cmd.Context(), p, o)
		},
	}
}

func runMQDeadList(ctx context.Context, p *program, o *queueOptions) error {
	return o.with(ctx, func(q queue.Queue) error {
		letters, err := q.DeadLetters(ctx)
		if err != nil {
			return err
		}
		for _, l := range letters {
			origin := l.Origin
			if origin == "" {
				origin = "-"
			}
			_, err := fmt.Fprintf(p.stdout, "%s\t%s\t%d\t%s\t%s\n",
				l.ID, l.Time.UTC().Format(time.RFC3339), l.Attempts, origin, oneLine(l.Reason))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// oneLine makes one line of a reason that may have several.
func oneLine(text string) string {
	return strings.NewReplacer("\n", "; ", "\t", " ", "\r", "").Replace(text)
}

func newMQDeadShowCommand(p *program, o *queueOptions) *cobra.Command {
	return &cobra.Command{
		Use:               "show ID",
		Short:             "Write a submission given up",
		Long:              `Write what was submitted to standard output, as it came.`,
		Example:           `  kcidb mq dead show --queue nats://mq.example.org/KCIDB ID > submission.json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMQDeadShow(cmd.Context(), p, o, args[0])
		},
	}
}

func runMQDeadShow(ctx context.Context, p *program, o *queueOptions, id string) error {
	return o.with(ctx, func(q queue.Queue) error {
		letter, err := q.DeadLetter(ctx, id)
		if err != nil {
			return fmt.Errorf("submission %s: %w", id, err)
		}
		_, err = p.stdout.Write(letter.Data)
		return err
	})
}

// newMQDeadMoveCommand returns the command that does the one thing or the
// other with submissions given up.
func newMQDeadMoveCommand(o *queueOptions, name, short string, move func(queue.Queue, context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use:               name + " ID...",
		Short:             short,
		Long:              short + `, those with the IDs given. It ends at the first that is not there.`,
		Example:           `  kcidb mq dead ` + name + ` --queue nats://mq.example.org/KCIDB ID`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMQDeadMove(cmd.Context(), o, args, move)
		},
	}
}

func runMQDeadMove(ctx context.Context, o *queueOptions, ids []string, move func(queue.Queue, context.Context, string) error) error {
	return o.with(ctx, func(q queue.Queue) error {
		for _, id := range ids {
			if err := move(q, ctx, id); err != nil {
				return fmt.Errorf("submission %s: %w", id, err)
			}
		}
		return nil
	})
}
