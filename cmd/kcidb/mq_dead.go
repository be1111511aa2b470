// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/queue"
)

func newMQDeadCommand(p *program) *cobra.Command {
	var o queueOptions
	cmd := &cobra.Command{
		Use:   "dead",
		Short: "Handle submissions that could not be loaded",
		Long: `List the dead letters of a queue, the submissions that could never be loaded; show
them, and restore or discard them. They are kept until then.`,
		Example: `  kcidb mq dead list --queue nats://mq.example.org/KCIDB
  kcidb mq dead restore --queue nats://mq.example.org/KCIDB ID`,
	}
	o.addFlags(cmd)
	o.addPubSubFlags(cmd)
	cmd.AddCommand(
		newMQDeadListCommand(p, &o), newMQDeadShowCommand(p, &o),
		newMQDeadRestoreCommand(p, &o), newMQDeadDiscardCommand(&o))
	return cmd
}

func newMQDeadListCommand(p *program, o *queueOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the dead letters",
		Long: `List the dead letters, oldest first, one per line: the ID, when the submission was
given up, how often it was tried, its origin ("-" if it has no origin), and the
reason, separated by tabs.`,
		Example: `  kcidb mq dead list --queue nats://mq.example.org/KCIDB`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runMQDeadList(cmd.Context(), p, o)
		},
	}
}

func runMQDeadList(ctx context.Context, p *program, o *queueOptions) error {
	return o.withQueue(ctx, func(q queue.Queue) error {
		for l, err := range q.DeadLetters(ctx) {
			if err != nil {
				return err
			}
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

// oneLine joins the lines of a reason.
func oneLine(text string) string {
	return strings.NewReplacer("\n", "; ", "\t", " ", "\r", "").Replace(text)
}

func newMQDeadShowCommand(p *program, o *queueOptions) *cobra.Command {
	return &cobra.Command{
		Use:               "show ID",
		Short:             "Write a dead letter",
		Long:              `Write a submission that was given up to standard output, as it was submitted.`,
		Example:           `  kcidb mq dead show --queue nats://mq.example.org/KCIDB ID > submission.json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMQDeadShow(cmd.Context(), p, o, args[0])
		},
	}
}

func runMQDeadShow(ctx context.Context, p *program, o *queueOptions, id string) error {
	return o.withQueue(ctx, func(q queue.Queue) error {
		letter, err := q.DeadLetter(ctx, id)
		if err != nil {
			return fmt.Errorf("submission %s: %w", id, err)
		}
		_, err = p.stdout.Write(letter.Data)
		return err
	})
}

func newMQDeadRestoreCommand(p *program, o *queueOptions) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "restore {ID... | --all}",
		Short: "Put submissions back into the queue",
		Long: `Put the submissions with the given IDs, or all of them, back into the queue. They
keep the time at which they were received. With IDs the command stops at the first
ID that does not exist. With --all it prints the submissions that cannot be put
back, because their data is gone, damaged or too large for the queue, and
continues with the next. After an interruption it can be run again.

Exit status: 0 all submissions were put back; 1 some were not.`,
		Example: `  kcidb mq dead restore --queue nats://mq.example.org/KCIDB ID
  kcidb mq dead restore --queue nats://mq.example.org/KCIDB --all`,
		Args: func(cmd *cobra.Command, args []string) error {
			if all {
				return noArgs(cmd, args)
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			if all {
				return runMQDeadRestoreAll(cmd.Context(), p, o)
			}
			return runMQDeadMove(cmd.Context(), o, args, queue.Queue.Restore)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "put all submissions back")
	return cmd
}

func runMQDeadRestoreAll(ctx context.Context, p *program, o *queueOptions) error {
	return o.withQueue(ctx, func(q queue.Queue) error { return restoreAll(ctx, p, q) })
}

func restoreAll(ctx context.Context, p *program, q queue.Queue) error {
	restored, left := 0, 0
	for letter, err := range q.DeadLetters(ctx) {
		if err != nil {
			return fmt.Errorf("%d submissions were put back, then: %w", restored, err)
		}
		switch err := q.Restore(ctx, letter.ID); {
		case err == nil:
			restored++
		case isLost(err):
			left++
			fmt.Fprintf(p.stderr, "submission %s: %v\n", letter.ID, err)
		default:
			return fmt.Errorf("%d submissions were put back, then %s: %w", restored, letter.ID, err)
		}
	}
	fmt.Fprintf(p.stderr, "%d submissions were put back\n", restored)
	if left > 0 {
		return fmt.Errorf("%d submissions were not put back", left)
	}
	return nil
}

// isLost reports whether a submission cannot be put back for a reason that concerns
// only this submission.
func isLost(err error) bool {
	kind := errkind.Of(err)
	return kind == errkind.Gone || kind == errkind.TooLarge
}

func newMQDeadDiscardCommand(o *queueOptions) *cobra.Command {
	return &cobra.Command{
		Use:               "discard ID...",
		Short:             "Discard submissions",
		Long:              `Discard the submissions with the given IDs. The command stops at the first ID that does not exist.`,
		Example:           `  kcidb mq dead discard --queue nats://mq.example.org/KCIDB ID`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runMQDeadMove(cmd.Context(), o, args, queue.Queue.Discard)
		},
	}
}

func runMQDeadMove(ctx context.Context, o *queueOptions, ids []string, move func(queue.Queue, context.Context, string) error) error {
	return o.withQueue(ctx, func(q queue.Queue) error {
		for _, id := range ids {
			if err := move(q, ctx, id); err != nil {
				return fmt.Errorf("submission %s: %w", id, err)
			}
		}
		return nil
	})
}
