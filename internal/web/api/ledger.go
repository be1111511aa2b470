// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// ledgerAPI shows the ledger to anyone, because anyone may check it.
type ledgerAPI struct{ *data }

func (a ledgerAPI) register(r *registry) {
	answer(r, operation{
		plain: true, path: "/api/ledger", group: "Ledger", title: "Read the ledger",
		text: "Rows of the log of submissions and of decisions (tokens, origins, settings, purges), in their order. Each row has a hash of its values and of the hash " +
			"before it, so that anyone can check that no row was altered or removed, as kcidb audit does. Note the last hash from time to time: " +
			"only a hash noted before shows that rows were removed from the end, or that the whole ledger was emptied. The hash is the SHA-256 of the hash before, " +
			"the number, the time in microseconds since 1970, kind, subject, origin, token and digest, each as a netstring (`LENGTH:BYTES,`).",
	}, a.rows)
}

type ledgerInput struct {
	After int64 `query:"after" minimum:"0" doc:"Number of the row behind which to begin"`
	Limit int   `query:"limit" default:"1000" minimum:"1" maximum:"5000" doc:"Rows in the answer at most"`
}

type ledgerRows struct {
	Rows []ledger.Entry `json:"rows" doc:"Rows of the ledger; none behind the last row"`
}

func (a ledgerAPI) rows(ctx context.Context, in *ledgerInput) (ledgerRows, error) {
	db := sqldb.Of(a.Store)
	if db == nil {
		return ledgerRows{}, noCounts{}
	}
	rows, err := db.Ledger(ctx, in.After, in.Limit)
	if rows == nil {
		rows = []ledger.Entry{}
	}
	return ledgerRows{rows}, err
}
