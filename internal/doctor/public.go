// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/public"
)

// checkPublic checks whether the public database is that of the database and of the private
// origins.
func (d *doctor) checkPublic(ctx context.Context) {
	private, err := public.Parse(d.Config.PrivateOrigins)
	if err != nil || len(private) == 0 { // checkConfig reports the error
		return
	}
	whole, err := openStore(ctx, d.Config.DatabaseSpec())
	if err != nil {
		return // checkDatabase reports it
	}
	defer whole.Close()
	open, err := openStore(ctx, d.Config.PublicDatabaseSpec())
	if err != nil {
		d.fail("public database", err.Error(), "")
		return
	}
	defer open.Close()
	switch err := public.Compare(ctx, whole, open, private); {
	case errors.Is(err, store.ErrNotFound) && d.Config.PublicDatabase == "":
		d.warn("public database", "it does not exist yet: the service creates it unless the database has objects", "if it has, stop the service: "+d.Config.PublishCommand())
	case errors.Is(err, public.ErrOther):
		d.fail("public database", err.Error(), "stop the service: "+d.Config.PublishCommand())
	case err != nil:
		d.fail("public database", err.Error(), "")
	default:
		d.ok("public database", "it has all objects but those of "+private.String())
	}
}

// openStore opens a database that answers queries.
func openStore(ctx context.Context, spec string) (store.Store, error) {
	opened, err := all.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	s, ok := store.As[store.Store](opened)
	if !ok {
		return nil, errors.Join(errors.New("this kind of database cannot answer pages and queries"), opened.Close())
	}
	return s, nil
}
