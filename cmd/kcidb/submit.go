// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/local"
)

// restEnv is how CI systems name the service they submit to.
const restEnv = "KCIDB_REST"

type submitOptions struct {
	queue queueOptions
	in    inputOptions
	url   string
	token string
}

func newSubmitCommand(p *program) *cobra.Command {
	var o submitOptions
	cmd := &cobra.Command{
		Use:   "submit",
		Short: "Hand reports in",
		Long: `Hand the reports on standard input in, to a service or to a queue. The ID of
each submission is printed once it is accepted, and by then it is on disk
there. What is wrong with a report that is not valid goes to standard error,
and the others are handed in nevertheless. What fails for reasons that may pass
is tried again for some two minutes.

The service is named by --url, or by the environment variable KCIDB_REST,
  http[s]://TOKEN@HOST[:PORT]
which keeps the token out of the list of processes. The flags -p and -t of the
Python tool are taken, and have no effect then.

Exit status: 0 all reports were accepted; 1 some were not.`,
		Example: `  KCIDB_REST=https://TOKEN@kcidb.example.org/ kcidb submit < report.json
  kcidb submit --url http://127.0.0.1:8080 < report.json
  kcidb submit --queue nats://mq.example.org/KCIDB < report.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSubmit(cmd.Context(), p, &o)
		},
	}
	cmd.Flags().StringVar(&o.url, "url", "", "`URL` of the service (default $"+restEnv+")")
	cmd.Flags().StringVar(&o.token, "token", "", "`TOKEN` that tells the service who is submitting")
	o.queue.addFlags(cmd)
	o.queue.addPubSubFlags(cmd)
	o.in.addFlags(cmd)
	cmd.MarkFlagsMutuallyExclusive("url", "queue")
	cmd.MarkFlagsMutuallyExclusive("token", "queue")
	return cmd
}

func runSubmit(ctx context.Context, p *program, o *submitOptions) error {
	client, err := o.client(ctx, p)
	if err != nil {
		return err
	}
	return submitAll(ctx, p, client)
}

func (o *submitOptions) client(ctx context.Context, p *program) (*kcidb.Client, error) {
	if o.queue.queue != "" {
		return local.OpenQueue(ctx, o.queue.queue)
	}
	address := cmp.Or(o.url, os.Getenv(restEnv))
	if address == "" {
		return nil, usagef("nowhere to submit to: give --url URL or --queue URL, or set %s=https://TOKEN@HOST/", restEnv)
	}
	options := []kcidb.Option{kcidb.WithLogger(p.level.logger(p.stderr))}
	if o.token != "" {
		options = append(options, kcidb.WithToken(o.token))
	}
	client, err := kcidb.Connect(address, options...)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return client, nil
}

// submitAll hands in what is on standard input, and closes the client. A
// report that is refused does not keep the others from being handed in, but
// whatever would befall them as well does.
func submitAll(ctx context.Context, p *program, client *kcidb.Client) (err error) {
	defer func() { err = errors.Join(err, client.Close()) }()
	refused := false
	for id, err := range client.SubmitStream(ctx, p.stdin) {
		switch {
		case err == nil:
			if _, err := fmt.Fprintln(p.stdout, id); err != nil {
				return err
			}
		case isRefused(err):
			refused = true
			fmt.Fprintln(p.stderr, explain(err))
		default:
			return err
		}
	}
	if refused {
		return errReported
	}
	return nil
}

// isRefused tells whether an error is about the one report.
func isRefused(err error) bool {
	server, ok := errors.AsType[*kcidb.ServerError](err)
	return isInvalid(err) || ok && (server.StatusCode == http.StatusBadRequest || server.StatusCode == http.StatusRequestEntityTooLarge)
}
