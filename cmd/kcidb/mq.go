// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/report"
)

func newMQCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mq",
		Short: "Make, fill and read queues",
		Long: `Make queues of submissions, put reports in, take them out, and look after those
that could not be loaded. "kcidb serve" has a queue of its own and needs none
of this. There are queues of e-mails and of patterns as well; each queue is for
one of the three.

A queue is named with --queue:

` + jetstream.Help,
		Example: `  kcidb mq io-publisher publish --queue nats://mq.example.org/KCIDB < reports.json
  kcidb mq io-subscriber pull --queue nats://mq.example.org/KCIDB -m 10
  kcidb mq dead list --queue embedded:kcidb-data/queue`,
	}
	for _, kind := range []*mqKind{&mqReports, &mqPatterns, &mqEmails} {
		cmd.AddCommand(newMQPublisherCommand(p, kind), newMQSubscriberCommand(p, kind))
	}
	cmd.AddCommand(newMQDeadCommand(p))
	return cmd
}

// mqKind is a kind of queue, by what its messages are.
type mqKind struct {
	name      string // that the commands' names begin with
	one, many string // of the messages
	url, file string // of examples
	// check says what is wrong with a message, if anything is.
	check func(text []byte) error
	// form is how messages that are no JSON are in a stream; nil where they are.
	form *mqForm
}

// mqReports is the kind of queue that the service has: of submissions.
var mqReports = mqKind{
	name: "io", one: "report", many: "reports",
	url: "nats://mq.example.org/KCIDB", file: "report.json",
	check: report.Validate,
}

// queueOptions say which queue a command works on.
type queueOptions struct {
	queue   string
	project string
	topic   string
}

// addFlags gives cmd the flags, and all commands below it.
func (o *queueOptions) addFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&o.queue, "queue", "", "`URL` of the queue")
}

// addPubSubFlags takes the Python tools' flags, which name a Google Pub/Sub queue.
func (o *queueOptions) addPubSubFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVarP(&o.project, "project", "p", "", "`PROJECT` of a Google Pub/Sub queue")
	cmd.PersistentFlags().StringVarP(&o.topic, "topic", "t", "", "`TOPIC` of a Google Pub/Sub queue")
}

// url returns the queue's URL.
func (o *queueOptions) url() (string, error) {
	switch {
	case o.queue != "":
		return o.queue, nil
	case o.project != "" || o.topic != "":
		return "", usagef("this program cannot use Google Pub/Sub queues (-p, -t): name a queue with --queue URL")
	}
	return "", usagef("no queue is named: give --queue URL")
}

// with opens the queue, calls f with it, and closes it.
func (o *queueOptions) with(ctx context.Context, f func(queue.Queue) error) (err error) {
	url, err := o.url()
	if err != nil {
		return err
	}
	q, err := jetstream.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	return f(q)
}

// newMQInitCommand returns the init command of publishers and subscribers.
// What the Python system keeps apart is one here, so either makes all of it.
func newMQInitCommand(o *queueOptions, parent string, kind *mqKind) *cobra.Command {
	return &cobra.Command{
		Use:     "init",
		Short:   "Make the queue",
		Long:    `Make the queue, for publishers and subscribers, where it is not there yet.`,
		Example: "  " + parent + " init --queue " + kind.url,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd.Context(), func(q queue.Queue) error { return q.Init(cmd.Context()) })
		},
	}
}

// newMQCleanupCommand returns the cleanup command of publishers and
// subscribers. Scripts run both, so that a queue which is gone is no error.
func newMQCleanupCommand(o *queueOptions, parent string, kind *mqKind) *cobra.Command {
	return &cobra.Command{
		Use:     "cleanup",
		Short:   "Remove the queue, with all that is in it",
		Long:    `Remove the queue, with all that is in it, if it is there. What was there is gone.`,
		Example: "  " + parent + " cleanup --queue " + kind.url,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd.Context(), func(q queue.Queue) error {
				if err := q.Cleanup(cmd.Context()); !errors.Is(err, queue.ErrNotFound) {
					return err
				}
				return nil
			})
		},
	}
}
