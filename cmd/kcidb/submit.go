// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/local"
)

// restEnv is the environment variable with which CI systems name the service
// they submit to.
const restEnv = "KCIDB_REST"

type submitOptions struct {
	queue  queueOptions
	in     inputOptions
	url    string
	token  string
	strict bool
}

func newSubmitCommand(p *program) *cobra.Command {
	var o submitOptions
	cmd := &cobra.Command{
		Use:   "submit",
		Short: "Submit reports",
		Long: `Submit the reports on standard input to a service or to a queue. The ID of each
submission is printed when the submission is accepted and on disk there. The
faults of an invalid report go to standard error; the other reports are submitted
nevertheless.

A service may accept the good objects of a report, reject the objects with faults,
and repair some values (see "kcidb repair"). Each fault and repair then gets a line
on standard error, and the report counts as accepted. With --strict it accepts a
report as a whole, as it is, or refuses it. Queues always do. After a temporary failure the command says so on standard error, and
tries again for some two minutes.

The option --url names the service, or the environment variable KCIDB_REST,
  http[s]://TOKEN@HOST[:PORT]
which keeps the token out of the process list. The flags -p and -t of the Python
tool are accepted and ignored then. Without a service they name a topic on Google
Pub/Sub, for which the application default credentials are used.

Exit status: 0 all reports were accepted; 1 some were not.`,
		Example: `  KCIDB_REST=https://TOKEN@kcidb.example.org/ kcidb submit < report.json
  kcidb submit --url http://127.0.0.1:8080 < report.json
  kcidb submit --queue nats://mq.example.org/KCIDB < report.json
  kcidb submit -p kernelci-production -t kcidb_new < report.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSubmit(cmd.Context(), p, &o)
		},
	}
	cmd.Flags().StringVar(&o.url, "url", "", "`URL` of the service (default $"+restEnv+")")
	cmd.Flags().StringVar(&o.token, "token", "", "`TOKEN` that identifies the submitter to the service")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "all or nothing: refuse a report with any fault")
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
	return submitAll(ctx, p, client, o.strict)
}

func (o *submitOptions) client(ctx context.Context, p *program) (*kcidb.Client, error) {
	if o.queue.queue != "" {
		return local.OpenQueue(ctx, o.queue.queue)
	}
	address := cmp.Or(o.url, os.Getenv(restEnv))
	if address == "" && (o.queue.project != "" || o.queue.topic != "") {
		url, err := o.queue.url()
		if err != nil {
			return nil, err
		}
		return local.OpenQueue(ctx, url)
	}
	if address == "" {
		return nil, usagef("no service or queue is named: use --url URL or --queue URL, or set %s=https://TOKEN@HOST/", restEnv)
	}
	options := []kcidb.Option{kcidb.WithLogger(p.retryLogger())}
	if o.token != "" {
		options = append(options, kcidb.WithToken(o.token))
	}
	client, err := kcidb.Connect(address, options...)
	if err != nil {
		return nil, usagef("%v", err)
	}
	return client, nil
}

// retryLogger returns the logger of a client that tries again. By default it prints the
// first failed try, so that a person does not wait two minutes without a word. Standard
// error of a Python tool's name stays empty by default, unless a person reads it.
func (p *program) retryLogger() *slog.Logger {
	if p.level != logNone || p.oldName && !isTerminal(p.stderr) {
		return p.level.logger(p.stderr)
	}
	return slog.New(&firstRetry{Handler: slog.DiscardHandler, w: p.stderr})
}

// firstRetry prints the error of the first record in plain words, and drops all others.
type firstRetry struct {
	slog.Handler
	w    io.Writer
	once sync.Once
}

func (h *firstRetry) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (h *firstRetry) Handle(_ context.Context, r slog.Record) error {
	h.once.Do(func() {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "error" {
				fmt.Fprintf(h.w, "kcidb submit: %v; trying again for some two minutes\n", a.Value)
			}
			return true
		})
	})
	return nil
}

// submitAll submits the reports on standard input, and closes the client.
// After a refused report it continues with the next; after an error that would
// affect all reports it stops.
func submitAll(ctx context.Context, p *program, client *kcidb.Client, strict bool) (err error) {
	defer func() { err = errors.Join(err, client.Close()) }()
	refused, number := false, 0
	for r, err := range receipts(ctx, p, client, strict) {
		number++
		switch {
		case err == nil:
			if _, err := fmt.Fprintln(p.stdout, r.ID); err != nil {
				return err
			}
			printRepairs(p.stderr, number, r.Repairs, r.Repaired)
			printFaults(p.stderr, number, r.Faults, r.More)
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

// receipts submits the reports on standard input, and returns the answers.
func receipts(ctx context.Context, p *program, client *kcidb.Client, strict bool) iter.Seq2[*kcidb.Receipt, error] {
	if !strict {
		return client.SubmitStreamPartly(ctx, p.stdin)
	}
	return func(yield func(*kcidb.Receipt, error) bool) {
		for id, err := range client.SubmitStream(ctx, p.stdin) {
			if !yield(&kcidb.Receipt{ID: id}, err) {
				return
			}
		}
	}
}

// isRefused reports whether an error concerns only one report.
func isRefused(err error) bool {
	server, ok := errors.AsType[*kcidb.ServerError](err)
	return isInvalid(err) || ok && (server.StatusCode == http.StatusBadRequest || server.StatusCode == http.StatusRequestEntityTooLarge)
}
