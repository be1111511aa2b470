// SPDX-License-Identifier: Apache-2.0

// Package all lists all drivers of databases, and opens a database by its
// specification, such as sqlite:FILE.
package all

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery"
	"github.com/kcidb-go/kcidb/internal/store/jsonfile"
	"github.com/kcidb-go/kcidb/internal/store/mux"
	"github.com/kcidb-go/kcidb/internal/store/null"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// Drivers are all drivers, in the order of their names.
var Drivers []store.Driver

// The driver mux opens databases with all drivers, including itself, so that the
// initializer of Drivers would refer to itself.
func init() {
	Drivers = []store.Driver{bigquery.Driver, jsonfile.Driver, mux.Driver(Open), null.Driver, postgres.Driver, sqlite.Driver}
}

// Open opens the database that the specification describes, as [store.Open]
// does with all drivers. The specification may be a reference: see package secrets.
func Open(ctx context.Context, spec string) (store.Sink, error) {
	spec, err := secrets.Resolve(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return store.Open(ctx, Drivers, spec)
}

// Help returns the help of all drivers, as the flag --database-help prints it.
func Help() string { return store.Help(Drivers) + referencesHelp }

const referencesHelp = `
A specification with a password can be kept elsewhere, where the arguments of the
command do not show it. Then it is given as a reference: file:PATH, env:NAME,
credential:NAME (of systemd), or gcp-secret:projects/PROJECT/secrets/SECRET.
`
