// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/queue"
)

type mqPullOptions struct {
	queue    *queueOptions
	kind     *mqKind
	out      outputOptions
	timeout  seconds
	messages count
}

func newMQSubscriberCommand(p *program, kind *mqKind) *cobra.Command {
	o := queueOptions{pulls: true}
	name := "kcidb mq " + kind.name + "-subscriber"
	cmd := &cobra.Command{
		Use:     kind.name + "-subscriber",
		Short:   "Take " + kind.many + " out of a queue",
		Long:    "Create a queue of " + kind.many + ", pull from it, and remove it.",
		Example: "  " + name + " pull --queue " + kind.url + " -m 10",
	}
	o.addFlags(cmd)
	o.addPubSubFlags(cmd)
	cmd.PersistentFlags().StringVarP(&o.subscription, "subscription", "s", "", "`SUBSCRIPTION` of a Google Pub/Sub queue")
	cmd.AddCommand(newMQInitCommand(&o, name, kind), newMQPullCommand(p, &o, kind), newMQCleanupCommand(&o, name, kind))
	return cmd
}

func newMQPullCommand(p *program, queue *queueOptions, kind *mqKind) *cobra.Command {
	o := mqPullOptions{queue: queue, kind: kind, timeout: forever, messages: 1}
	form := ""
	if kind.form != nil {
		form = " " + kind.form.pulled
	}
	cmd := &cobra.Command{
		Use:   "pull",
		Short: "Take " + kind.many + " out of the queue",
		Long: `Write the ` + kind.many + ` that wait in the queue to standard output, oldest first, and
wait for more until the number of messages is reached or the time is over. A
message is removed from the queue when it is written. A message that is not a
valid ` + kind.one + ` is logged and becomes a dead letter.` + form,
		Example: "  kcidb mq " + kind.name + "-subscriber pull --queue " + kind.url + " -m inf --timeout 10",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runMQPull(cmd.Context(), p, &o)
		},
	}
	cmd.Flags().Var(&o.timeout, "timeout", "stop after `SECONDS`, or never: inf")
	cmd.Flags().VarP(&o.messages, "messages", "m", "stop after `N` messages, or never: inf")
	if kind.form == nil {
		o.out.addFlags(cmd)
	}
	return cmd
}

func runMQPull(ctx context.Context, p *program, o *mqPullOptions) error {
	return o.queue.withQueue(ctx, func(q queue.Queue) error {
		log := p.level.logger(p.stderr)
		write := o.out.writer(p).WriteRaw
		if o.kind.form != nil {
			write = func(text []byte) error { return o.kind.form.write(p.stdout, text) }
		}
		deadline := time.Now().Add(time.Duration(o.timeout))
		for left := o.messages; left > 0; {
			wait := min(time.Until(deadline), time.Minute)
			deliveries, err := q.Pull(ctx, queue.Limits{Messages: 1}, max(wait, 0))
			if err != nil {
				return err
			}
			for _, d := range deliveries {
				if err := o.kind.check(d.Message().Data); err != nil {
					log.Error("dropping a message that is not a valid "+o.kind.one, "id", d.Message().ID, "error", err)
					if err := d.Refuse(ctx, fmt.Sprintf("invalid %s: %v", o.kind.one, err), true); err != nil {
						return err
					}
					continue
				}
				if err := write(d.Message().Data); err != nil {
					return err
				}
				// The message is written, so it must not come back after a
				// signal.
				if err := d.Ack(context.WithoutCancel(ctx)); err != nil {
					return err
				}
				left--
			}
			if len(deliveries) == 0 && time.Until(deadline) <= 0 {
				return nil
			}
		}
		return nil
	})
}

// seconds is the value of --timeout.
type seconds time.Duration

// forever is some hundred years: long, but short enough to add to the current
// time.
const forever = seconds(100 * 365 * 24 * time.Hour)

func (s *seconds) Type() string { return "SECONDS" }

func (s *seconds) String() string {
	if *s == forever {
		return "inf"
	}
	return strconv.FormatFloat(time.Duration(*s).Seconds(), 'f', -1, 64)
}

func (s *seconds) Set(text string) error {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(value) || value < 0 {
		return fmt.Errorf("not a number of seconds, nor inf")
	}
	*s = forever
	if value < time.Duration(forever).Seconds() {
		*s = seconds(value * float64(time.Second))
	}
	return nil
}

// count is the value of --messages.
type count int

const unlimited = count(math.MaxInt)

func (n *count) Type() string { return "N" }

func (n *count) String() string {
	if *n == unlimited {
		return "inf"
	}
	return strconv.Itoa(int(*n))
}

func (n *count) Set(text string) error {
	if text == "inf" {
		*n = unlimited
		return nil
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 {
		return fmt.Errorf("not a whole number, nor inf")
	}
	*n = count(value)
	return nil
}
