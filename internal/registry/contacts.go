// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Contact is who learns that something is wrong with the results of an origin.
type Contact struct {
	Origin string
	Mail   string // address, "" for none
	Hook   string // URL of a webhook, "" for none
}

// SetContact replaces the contact of an origin, which need not have asked for a token. An
// origin that was refused counts as approved from then on; one that asks has to be approved
// before its contact is told anything.
func (db *DB) SetContact(ctx context.Context, c Contact) error {
	return db.update(ctx, "set a contact", func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO origins (name, state, contact, hook, requested, decided, code, expires)
			VALUES ($1, 'approved', $2, $3, 0, $4, '', 0)
			ON CONFLICT (name) DO UPDATE SET contact = excluded.contact, hook = excluded.hook,
				state = CASE WHEN origins.state = 'refused' THEN 'approved' ELSE origins.state END`,
			c.Origin, c.Mail, c.Hook, sqldb.Micros(db.Now()))
		if err != nil {
			return err
		}
		return db.note(ctx, tx, ledger.Entry{Kind: ledger.OriginContact, Subject: c.Origin})
	})
}

// Contacts returns the contacts of the origins that have one and were approved, by name.
func (db *DB) Contacts(ctx context.Context) (all []Contact, err error) {
	const query = `SELECT name, contact, hook FROM origins
		WHERE state = 'approved' AND (contact <> '' OR hook <> '') ORDER BY name`
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		all = nil
		var c Contact
		return sqldb.Read(ctx, tx, query, nil, []any{&c.Origin, &c.Mail, &c.Hook}, func() error {
			all = append(all, c)
			return nil
		})
	})
	return all, db.Failure(ctx, "read contacts", err)
}
