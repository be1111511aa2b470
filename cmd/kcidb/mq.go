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
		Short: "Create, fill and read queues",
		Long: `Create queues of submissions, publish reports, pull them, and handle submissions
that could not be loaded. "kcidb serve" has a queue of its own and needs none of
these commands. Queues of e-mails and of patterns exist as well; a queue is of one
of the three kinds.

The option --queue names the queue:

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

// mqKind is a kind of queue, named after the kind of its messages.
type mqKind struct {
	name      string // the beginning of the commands' names
	one, many string // of the messages
	url, file string // for examples
	// check returns an error if a message is not valid.
	check func(text []byte) error
	// form is the form of a stream of messages that are not JSON. It is nil for
	// JSON.
	form *mqForm
}

// mqReports is the kind of queue that the service uses: queues of submissions.
var mqReports = mqKind{
	name: "io", one: "report", many: "reports",
	url: "nats://mq.example.org/KCIDB", file: "report.json",
	check: report.Validate,
}

// queueOptions select the queue of a command.
type queueOptions struct {
	queue   string
	project string
	topic   string
}

// addFlags adds the flags to cmd and all its subcommands.
func (o *queueOptions) addFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&o.queue, "queue", "", "`URL` of the queue")
}

// addPubSubFlags accepts the Python tools' flags, which name a Google Pub/Sub
// queue.
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
	return "", usagef("no queue is named: use --queue URL")
}

// withQueue opens the queue, calls f with it, and closes it.
func (o *queueOptions) withQueue(ctx context.Context, f func(queue.Queue) error) (err error) {
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

// newMQInitCommand returns the init command of publishers and subscribers. The
// Python system has two objects (topic and subscription) where we have one
// queue, so either command creates the whole queue.
func newMQInitCommand(o *queueOptions, parent string, kind *mqKind) *cobra.Command {
	return &cobra.Command{
		Use:     "init",
		Short:   "Create the queue",
		Long:    `Create the queue for publishers and subscribers, unless it exists.`,
		Example: "  " + parent + " init --queue " + kind.url,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withQueue(cmd.Context(), func(q queue.Queue) error { return q.Init(cmd.Context()) })
		},
	}
}

// newMQCleanupCommand returns the cleanup command of publishers and
// subscribers. Scripts run both, so a missing queue is not an error.
func newMQCleanupCommand(o *queueOptions, parent string, kind *mqKind) *cobra.Command {
	return &cobra.Command{
		Use:     "cleanup",
		Short:   "Remove the queue with all its messages",
		Long:    `Remove the queue with all its messages, if it exists. This cannot be undone.`,
		Example: "  " + parent + " cleanup --queue " + kind.url,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withQueue(cmd.Context(), func(q queue.Queue) error {
				if err := q.Cleanup(cmd.Context()); !errors.Is(err, queue.ErrNotFound) {
					return err
				}
				return nil
			})
		},
	}
}
