// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/service"
)

type serveOptions struct {
	config       string
	data         string
	listen       string
	roles        string
	readDatabase string
	flags        func(name string) bool // whether a flag was set
}

func newServeCommand(p *program) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: `Run the whole of KCIDB: receive reports over HTTP, keep them in a queue until they
are loaded into the database, and answer queries about them.

Without options the service keeps its data in ./kcidb-data, and accepts reports
only from this machine, without tokens. A configuration file changes this;
environment variables KCIDB_*, named like its keys in capitals, override the file,
and flags override both. On a terminal the command prints the URL of the service
when it answers; the log on standard error has the URL, too.

One process has all roles, or several processes share them: web receives reports,
shows pages and answers queries; load loads reports from the queue; notify
notifies people of changes, by the subscriptions in DIR/subscriptions or in the
configured folder. Several processes share a PostgreSQL database and a NATS
JetStream queue, which the configuration keys database and queue name; on Google
Cloud they share BigQuery, Pub/Sub and Firestore, which the keys database, queue,
loaded and spool name. With a replica as the read database, pages and queries read
from the replica, and from the database itself while the replica does not answer.

The key front_end names a directory with the built files of a web front end, such
as that of KernelCI. The service serves them beside its API at a second address,
front_end_listen.

SIGTERM and SIGINT stop the service: it accepts no more reports, finishes the
batch that is being loaded, and ends with status 0. After a crash it continues
where it stopped.`,
		Example: `  kcidb serve
  kcidb serve --data /var/lib/kcidb --listen 127.0.0.1:9000
  kcidb serve --config /etc/kcidb.yaml
  kcidb serve --config /etc/kcidb.yaml --roles load --listen 127.0.0.1:8081`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.flags = cmd.Flags().Changed
			return runServe(cmd.Context(), p, &o)
		},
	}
	defaults := service.DefaultConfig()
	cmd.Flags().StringVar(&o.config, "config", "", "configuration `FILE`, YAML")
	cmd.Flags().StringVar(&o.roles, "roles", defaults.Roles, "`ROLES` of this process, some of web,load,notify")
	cmd.Flags().StringVar(&o.readDatabase, "read-database", "", "`SPEC` of a replica of the database, for pages and queries")
	cmd.Flags().StringVar(&o.data, "data", defaults.Data, "`DIR` for the database and the queue")
	cmd.Flags().StringVar(&o.listen, "listen", defaults.Listen, "`HOST:PORT` to serve HTTP at; port 0 selects a free port and logs it")
	return cmd
}

func runServe(ctx context.Context, p *program, o *serveOptions) error {
	cfg, err := service.LoadConfig(o.config, os.LookupEnv)
	if err != nil {
		return err
	}
	if o.flags("data") {
		cfg.Data = o.data
	}
	if o.flags("listen") {
		cfg.Listen = o.listen
	}
	if o.flags("roles") {
		cfg.Roles = o.roles
	}
	if o.flags("read-database") {
		cfg.ReadDatabase = secret.Text(o.readDatabase)
	}
	if o.flags("log-level") {
		cfg.LogLevel = p.level.slogName()
	}
	log, err := cfg.Logger(p.stderr)
	if err != nil {
		return err
	}
	// A closed log pipe must not stop the service.
	signal.Ignore(syscall.SIGPIPE)
	s, err := service.New(cfg, log)
	if err != nil {
		return err
	}
	if isTerminal(p.stdout) {
		// The log has the URL as well, but a person does not find it there.
		s.Ready = func(at net.Addr) {
			fmt.Fprintf(p.stdout, "KCIDB answers at %s://%s/ (Ctrl-C stops it, KCIDB_LISTEN=HOST:PORT changes the address)\n", cfg.Scheme(), at)
		}
	}
	return s.Run(ctx)
}
