// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/queue"
	queues "github.com/kcidb-go/kcidb/internal/queue/all"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub"
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

` + queues.Help + `
A URL with a password can be kept elsewhere and given as a reference: file:PATH,
env:NAME, credential:NAME (of systemd), or gcp-secret:projects/PROJECT/secrets/SECRET.

The options -p, -t and -s name a queue on Google Pub/Sub, as for the Python tools.`,
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
	// subscription must be named with the topic if pulls is set.
	subscription string
	pulls        bool
}

// addFlags adds the flags to cmd and all its subcommands.
func (o *queueOptions) addFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&o.queue, "queue", "", "`URL` of the queue")
}

// addPubSubFlags adds the Python tools' flags, which name a Google Pub/Sub queue.
func (o *queueOptions) addPubSubFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVarP(&o.project, "project", "p", "", "`PROJECT` of a Google Pub/Sub queue")
	cmd.PersistentFlags().StringVarP(&o.topic, "topic", "t", "", "`TOPIC` of a Google Pub/Sub queue")
}

// url returns the queue's URL.
func (o *queueOptions) url() (string, error) {
	switch {
	case o.queue != "":
		return o.queue, nil
	case o.project != "" && o.topic != "" && (o.subscription != "" || !o.pulls):
		return pubsub.Spec(o.project, o.topic, o.subscription), nil
	case o.project == "" && o.topic == "" && o.subscription == "":
		return "", usagef("no queue is named: use --queue URL")
	case o.pulls:
		return "", usagef("a subscription on Google Pub/Sub needs all of -p PROJECT, -t TOPIC and -s SUBSCRIPTION")
	}
	return "", usagef("a topic on Google Pub/Sub needs both -p PROJECT and -t TOPIC")
}

// withQueue opens the queue, calls f with it, and closes it.
func (o *queueOptions) withQueue(ctx context.Context, f func(queue.Queue) error) (err error) {
	url, err := o.url()
	if err != nil {
		return err
	}
	q, err := queues.Open(ctx, url, queues.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	return f(q)
}

// newMQInitCommand returns the init command of publishers, or that of subscribers. On
// Google Pub/Sub these are two objects, as for the Python system. Any other queue is one
// object, so either command creates the whole queue.
func newMQInitCommand(o *queueOptions, parent string, kind *mqKind) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Create the queue",
		Long: `Create the queue for publishers and subscribers, unless it exists. On Google
Pub/Sub the publisher's command creates the topic, the topic for dead letters and
the subscription that keeps these; the subscriber's command creates the
subscription as well.`,
		Example: "  " + parent + " init --queue " + kind.url,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withQueue(cmd.Context(), func(q queue.Queue) error {
				if sided, ok := q.(queue.Sided); ok && !o.pulls {
					return sided.InitPublisher(cmd.Context())
				}
				return q.Init(cmd.Context())
			})
		},
	}
}

// newMQCleanupCommand returns the cleanup command of publishers, or that of subscribers.
// Scripts run both, so a missing queue is not an error.
func newMQCleanupCommand(o *queueOptions, parent string, kind *mqKind) *cobra.Command {
	return &cobra.Command{
		Use:   "cleanup",
		Short: "Remove the queue with all its messages",
		Long: `Remove the queue with all its messages, if it exists. This cannot be undone. On
Google Pub/Sub the publisher's command removes the topics, and the subscriber's
command removes the subscriptions, which have the messages.`,
		Example: "  " + parent + " cleanup --queue " + kind.url,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withQueue(cmd.Context(), func(q queue.Queue) error {
				if err := o.cleanup(cmd.Context(), q); !errors.Is(err, queue.ErrNotFound) {
					return err
				}
				return nil
			})
		},
	}
}

// cleanup removes the side of the queue that the command is for.
func (o *queueOptions) cleanup(ctx context.Context, q queue.Queue) error {
	sided, ok := q.(queue.Sided)
	switch {
	case !ok:
		return q.Cleanup(ctx)
	case o.pulls:
		return sided.CleanupSubscriber(ctx)
	}
	return sided.CleanupPublisher(ctx)
}
