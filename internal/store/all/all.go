// SPDX-License-Identifier: Apache-2.0

// Package all lists all drivers of databases, and opens a database by its
// specification, such as sqlite:FILE.
package all

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery"
	"github.com/kcidb-go/kcidb/internal/store/jsonfile"
	"github.com/kcidb-go/kcidb/internal/store/mux"
	"github.com/kcidb-go/kcidb/internal/store/null"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// Drivers returns all drivers, in the order of their names.
func Drivers() []store.Driver { return drivers(secrets.Once) }

// drivers returns all drivers. The driver mux reads references to specifications with read.
func drivers(read secrets.Reader) []store.Driver {
	openOne := func(ctx context.Context, spec store.Spec) (store.Sink, error) { return open(ctx, spec, read) }
	return []store.Driver{bigquery.Driver, jsonfile.Driver, mux.Driver(openOne), null.Driver, postgres.Driver, sqlite.Driver}
}

// Open opens the database that the specification describes, as [store.Open] does with all
// drivers. The specification may be a reference, which is read once: see package secrets.
func Open(ctx context.Context, spec string) (store.Sink, error) {
	return OpenWith(ctx, spec, secrets.Once)
}

// OpenWith opens a database as Open does, and reads references with read. If the
// specification is replaced, later connections use the user and the password of the new one.
func OpenWith(ctx context.Context, spec string, read secrets.Reader) (store.Sink, error) {
	return open(ctx, store.Fixed(spec), read)
}

func open(ctx context.Context, spec store.Spec, read secrets.Reader) (store.Sink, error) {
	value := secret.Text(spec())
	source, err := read(ctx, value)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if secrets.Refers(value) {
		spec = func() string { return string(source()) }
	}
	return store.Open(ctx, drivers(read), spec)
}

// Help returns the help of all drivers, as the flag --database-help prints it.
func Help() string { return store.Help(Drivers()) + referencesHelp }

const referencesHelp = `
A specification with a password can be kept elsewhere, where the arguments of the
command do not show it. Then it is given as a reference: file:PATH, env:NAME,
credential:NAME (of systemd), or gcp-secret:projects/PROJECT/secrets/SECRET.
`
