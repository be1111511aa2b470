// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/local"
)

func newMQPublisherCommand(p *program, kind *mqKind) *cobra.Command {
	var o queueOptions
	name := "kcidb mq " + kind.name + "-publisher"
	cmd := &cobra.Command{
		Use:     kind.name + "-publisher",
		Short:   "Put " + kind.many + " into a queue",
		Long:    "Create a queue of " + kind.many + ", publish to it, and remove it.",
		Example: "  " + name + " publish --queue " + kind.url + " < " + kind.file,
	}
	o.addFlags(cmd)
	o.addPubSubFlags(cmd)
	publish := newMQPublishCommand(p, &o)
	if kind.form != nil {
		publish = newMQPublishTextsCommand(p, &o, kind)
	}
	cmd.AddCommand(newMQInitCommand(&o, name, kind), publish, newMQCleanupCommand(&o, name, kind))
	return cmd
}

func newMQPublishCommand(p *program, o *queueOptions) *cobra.Command {
	var in inputOptions
	cmd := &cobra.Command{
		Use:   "publish",
		Short: "Put reports into the queue",
		Long: `Put the reports on standard input into the queue, as submissions. The ID of each
submission is printed when it is safe on disk. The faults of an invalid report go
to standard error; the other reports are published nevertheless.

Exit status: 0 all reports were published; 1 some were not.`,
		Example: `  kcidb mq io-publisher publish --queue nats://mq.example.org/KCIDB < report.json`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runMQPublish(cmd.Context(), p, o)
		},
	}
	in.addFlags(cmd)
	return cmd
}

func runMQPublish(ctx context.Context, p *program, o *queueOptions) error {
	url, err := o.url()
	if err != nil {
		return err
	}
	client, err := local.OpenQueue(ctx, url)
	if err != nil {
		return err
	}
	return submitAll(ctx, p, client, true)
}
