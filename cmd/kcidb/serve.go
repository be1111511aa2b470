// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/service"
)

type serveOptions struct {
	config       string
	data         string
	listen       string
	roles        string
	readDatabase string
	flags        func(name string) bool // whether a flag was given
}

func newServeCommand(p *program) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: `Run the whole of KCIDB: take reports in over HTTP, keep them in a queue until
they are loaded into the database, and answer for them.

Without options it needs nothing: it keeps its data in ./kcidb-data, and takes
reports from this machine only, without asking for tokens. A configuration
file says what is to be different; environment variables KCIDB_*, named as its
keys in capitals, override it, and flags override these.

One process does all of it, or each of several does what its roles say: web takes
reports in, shows pages and answers queries, load loads what is in the queue, and
notify tells people what changed, by the subscriptions in DIR/subscriptions or
those that the configuration names. They share a PostgreSQL database and a NATS
JetStream queue, named by the configuration's database and queue. With a replica
as the read database, pages and queries ask that, and the database itself while
the replica does not answer.

SIGTERM and SIGINT stop it: it takes nothing in any more, finishes what is
being loaded, and ends with status 0. After a crash it goes on where it was.`,
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
	cmd.Flags().StringVar(&o.readDatabase, "read-database", "", "`SPEC` of a replica of the database that pages and queries ask")
	cmd.Flags().StringVar(&o.data, "data", defaults.Data, "`DIR` for the database and the queue")
	cmd.Flags().StringVar(&o.listen, "listen", defaults.Listen, "`HOST:PORT` to serve HTTP at; port 0 takes a free one, and logs which")
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
		cfg.ReadDatabase = o.readDatabase
	}
	if o.flags("log-level") {
		cfg.LogLevel = p.level.slogName()
	}
	log, err := cfg.Logger(p.stderr)
	if err != nil {
		return err
	}
	// Whoever reads the log may go away; the service stays.
	signal.Ignore(syscall.SIGPIPE)
	s, err := service.New(cfg, log)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
