// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// Token is a token that was made or revoked.
type Token struct {
	auth.Token        // without origins, roles and expiry time if it was revoked by its ID only
	Note       string // of its maker
	Created    time.Time
	Revoked    time.Time // zero if it was not
}

var tokenColumns = sqldb.Columns("id origins roles note created# expires# revoked#")

// originList returns the origins with commas between them.
func (t Token) originList() string {
	return strings.Join(slices.Sorted(slices.Values(t.Origins)), ",")
}

func (t Token) row() []any {
	return []any{
		t.ID, t.originList(), t.Roles.String(), t.Note,
		sqldb.Micros(t.Created), sqldb.Micros(t.Expires), sqldb.Micros(t.Revoked),
	}
}

// Record keeps a token that was made, unless it is known.
func (db *DB) Record(ctx context.Context, t Token) error {
	return db.update(ctx, "record a token", func(ctx context.Context, tx sqldb.Tx) error {
		return db.recordIn(ctx, tx, t)
	})
}

// recordIn keeps a token that was made, at the end of a transaction.
func (db *DB) recordIn(ctx context.Context, tx sqldb.Tx, t Token) error {
	n, err := tx.Each(ctx, db.Insert("tokens", tokenColumns)+" ON CONFLICT (id) DO NOTHING", tokenColumns, [][]any{t.row()})
	if err != nil || n == 0 {
		return err
	}
	return db.note(ctx, tx, ledger.Entry{Kind: ledger.TokenMade, Subject: t.ID, Origin: t.originList()})
}

// Revoke notes that a token was revoked now, whether it is known or not. A token that was
// revoked before stays as it is. When Revoke returns, all processes refuse the token.
func (db *DB) Revoke(ctx context.Context, t Token) error {
	err := db.update(ctx, "revoke a token", func(ctx context.Context, tx sqldb.Tx) error {
		t.Revoked = db.Now()
		n, err := tx.Each(ctx, db.Insert("tokens", tokenColumns)+
			" ON CONFLICT (id) DO UPDATE SET revoked = excluded.revoked WHERE tokens.revoked = 0", tokenColumns, [][]any{t.row()})
		if err != nil || n == 0 {
			return err
		}
		return db.note(ctx, tx, ledger.Entry{Kind: ledger.TokenRevoked, Subject: t.ID, Origin: t.originList()})
	})
	if err != nil {
		return err
	}
	select {
	case <-time.After(fresh):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Tokens returns all tokens, the oldest first.
func (db *DB) Tokens(ctx context.Context) ([]Token, error) {
	return db.tokens(ctx, "ORDER BY created, id")
}

// Token returns a token, and false if it is not known.
func (db *DB) Token(ctx context.Context, id string) (Token, bool, error) {
	all, err := db.tokens(ctx, "WHERE id = $1", id)
	if err != nil || len(all) == 0 {
		return Token{}, false, err
	}
	return all[0], true, nil
}

func (db *DB) tokens(ctx context.Context, rest string, args ...any) (all []Token, err error) {
	var id, origins, roles, note string
	var created, expires, revoked int64
	query := fmt.Sprintf("SELECT %s FROM tokens %s", sqldb.Names(tokenColumns), rest)
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		all = nil
		return sqldb.Read(ctx, tx, query, args, []any{&id, &origins, &roles, &note, &created, &expires, &revoked}, func() error {
			t := Token{Note: note, Created: sqldb.Time(created), Revoked: sqldb.Time(revoked)}
			t.ID, t.Expires = id, sqldb.Time(expires)
			if origins != "" {
				t.Origins = strings.Split(origins, ",")
				t.Roles, _ = auth.ParseRoles(roles) // unknown roles of a later version give no right
			}
			all = append(all, t)
			return nil
		})
	})
	return all, db.Failure(ctx, "read tokens", err)
}
