// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
)

const (
	databaseEnv = "KCIDB_DATABASE"
	// servedDatabase is the database of "kcidb serve" without options.
	servedDatabase = "kcidb-data/kcidb.db"
)

// databaseOptions select the database of a command.
type databaseOptions struct {
	spec string
	help bool
	// orServed lets a command that changes nothing use, by default, the database
	// of a service in the current directory. Commands that change a database
	// must have it named.
	orServed bool
	// fallback is the default database of a command for trials. The
	// environment variable does not change it.
	fallback string
}

// addTo adds the flags of database commands to cmd. Call it after cmd's Args
// and RunE are set, because it wraps them to answer --database-help.
func (o *databaseOptions) addTo(p *program, cmd *cobra.Command) {
	usage := "$" + databaseEnv
	switch {
	case o.orServed:
		usage += ", otherwise the database of a service in ./kcidb-data"
	case o.fallback != "":
		usage = o.fallback
	}
	cmd.Flags().StringVarP(&o.spec, "database", "d", "", "`SPEC` of the database (default "+usage+")")
	cmd.Flags().BoolVar(&o.help, "database-help", false, "explain the kinds of databases, and exit")
	mustCompleteSpecs(cmd, "database")

	args, work := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, a []string) error {
		if o.help {
			return nil
		}
		return args(cmd, a)
	}
	cmd.RunE = func(cmd *cobra.Command, a []string) error {
		if o.help {
			_, err := io.WriteString(p.stdout, all.Help())
			return err
		}
		return work(cmd, a)
	}
}

func mustCompleteSpecs(cmd *cobra.Command, flag string) {
	var words []string
	for _, d := range all.Drivers() {
		words = append(words, d.Name+":")
	}
	complete := cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoSpace)
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err)
	}
}

// resolve returns the specification of the database.
func (o *databaseOptions) resolve() (string, error) {
	if o.fallback != "" {
		return cmp.Or(o.spec, o.fallback), nil
	}
	if spec := cmp.Or(o.spec, os.Getenv(databaseEnv)); spec != "" {
		return spec, nil
	}
	if o.orServed {
		if _, err := os.Stat(servedDatabase); err == nil {
			return "sqlite:" + servedDatabase, nil
		}
	}
	return "", usagef("no database is named: use -d/--database, or set %s", databaseEnv)
}

// withDatabase opens the database, calls f with it, and closes it.
func (o *databaseOptions) withDatabase(ctx context.Context, f func(store.Sink) error) (err error) {
	spec, err := o.resolve()
	if err != nil {
		return err
	}
	s, err := all.Open(ctx, spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return f(s)
}
