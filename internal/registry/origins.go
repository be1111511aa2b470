// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/store/ledger"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// State is the state of an origin that asked for a token.
type State string

// The states.
const (
	Requested State = "requested"
	Approved  State = "approved"
	Refused   State = "refused"
)

// Origin is an origin that asked for a token.
type Origin struct {
	Name      string
	State     State
	Contact   string // mail address
	Requested time.Time
	Decided   time.Time // zero before
	Expires   time.Time // of the token, once approved
	Present   bool      // the database has objects of it
}

// The errors of requests for tokens.
var (
	// ErrTaken: the origin was approved before, or asked before and waits.
	ErrTaken = errkind.New(errkind.Broken, "the origin has a token already, or has asked for one: ask the administrator")
	// ErrManyRequests: too many requests wait for an administrator.
	ErrManyRequests = errkind.New(errkind.Full, "too many requests wait for the administrator: try again later")
	// ErrNoRequest: there is no such request.
	ErrNoRequest = errkind.New(errkind.Gone, "no such request for a token")
	// ErrUndecided: no administrator has decided yet.
	ErrUndecided = errkind.New(errkind.Busy, "the administrator has not decided yet")
	// ErrRefused: the administrator refused the request.
	ErrRefused = errkind.New(errkind.Broken, "the administrator refused the request")
)

// maxRequests bounds the requests that wait for an administrator.
const maxRequests = 100

// Request notes that an origin asks for a token, and returns the code that fetches the token
// once an administrator approves. An origin that was refused may ask again.
func (db *DB) Request(ctx context.Context, name, contact string) (code string, err error) {
	code = rand.Text()
	err = db.update(ctx, "request a token", func(ctx context.Context, tx sqldb.Tx) error {
		var waiting int64
		if _, err := sqldb.ReadRow(ctx, tx, "SELECT count(*) FROM origins WHERE state = 'requested'", nil, &waiting); err != nil {
			return err
		}
		if waiting >= maxRequests {
			return ErrManyRequests
		}
		n, err := tx.Exec(ctx, `INSERT INTO origins (name, state, contact, hook, requested, decided, code, expires)
			VALUES ($1, 'requested', $2, '', $3, 0, $4, 0)
			ON CONFLICT (name) DO UPDATE SET state = excluded.state, contact = excluded.contact, requested = excluded.requested,
				decided = 0, code = excluded.code, expires = 0
			WHERE origins.state = 'refused'`, name, contact, sqldb.Micros(db.Now()), hashOf(code))
		if err == nil && n == 0 {
			err = ErrTaken
		}
		if err != nil {
			return err
		}
		return db.note(ctx, tx, ledger.Entry{Kind: ledger.OriginRequested, Subject: name})
	})
	return code, err
}

// hashOf returns the hash of a code that the database keeps.
func hashOf(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// Approve approves the request of an origin. Its token will expire at the time given. by is
// the ID of the administrator's token, "" for a command.
func (db *DB) Approve(ctx context.Context, by, name string, expires time.Time) error {
	return db.decide(ctx, ledger.Entry{Kind: ledger.OriginApproved, Subject: name, Token: by}, Approved, expires)
}

// Refuse refuses the request of an origin. by is that of Approve.
func (db *DB) Refuse(ctx context.Context, by, name string) error {
	return db.decide(ctx, ledger.Entry{Kind: ledger.OriginRefused, Subject: name, Token: by}, Refused, time.Time{})
}

// decide does what an entry of the ledger says.
func (db *DB) decide(ctx context.Context, e ledger.Entry, state State, expires time.Time) error {
	return db.update(ctx, "decide about a request", func(ctx context.Context, tx sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE origins SET state = $1, decided = $2, expires = $3 WHERE name = $4 AND state = 'requested'",
			string(state), sqldb.Micros(db.Now()), sqldb.Micros(expires), e.Subject)
		if err == nil && n == 0 {
			err = fmt.Errorf("%w by %q that waits", ErrNoRequest, e.Subject)
		}
		if err != nil {
			return err
		}
		return db.note(ctx, tx, e)
	})
}

// Fetch makes the token of an approved request: sign returns its text and the token, which is
// recorded. The code is forgotten, so that it fetches one token.
func (db *DB) Fetch(ctx context.Context, code string, sign func(Origin) (string, Token, error)) (text string, err error) {
	err = db.update(ctx, "fetch a token", func(ctx context.Context, tx sqldb.Tx) error {
		var o Origin
		var expires int64
		found, err := sqldb.ReadRow(ctx, tx, "SELECT name, state, contact, expires FROM origins WHERE code = $1", []any{hashOf(code)},
			&o.Name, (*string)(&o.State), &o.Contact, &expires)
		switch {
		case err != nil:
			return err
		case !found:
			return ErrNoRequest
		case o.State == Requested:
			return ErrUndecided
		case o.State == Refused:
			return ErrRefused
		}
		o.Expires = sqldb.Time(expires)
		var t Token
		if text, t, err = sign(o); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE origins SET code = '' WHERE code = $1 AND state = 'approved'", hashOf(code))
		if err != nil {
			return err
		}
		if n == 0 { // another process was faster
			return ErrNoRequest
		}
		return db.recordIn(ctx, tx, t)
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

// Origins returns the origins that asked for a token, those that wait for a decision first.
func (db *DB) Origins(ctx context.Context) (all []Origin, err error) {
	var o Origin
	var requested, decided, expires, present int64
	// The lists of origins are made once. The counts of days have those of checkouts, builds
	// and tests.
	const query = `SELECT name, state, contact, requested, decided, expires,
			CASE WHEN state = 'requested' AND (EXISTS (SELECT 1 FROM receipts r WHERE r.origin = o.name)
				OR name IN (SELECT origin FROM daily_counts) OR name IN (SELECT origin FROM issues)) THEN 1 ELSE 0 END
		FROM origins o ORDER BY CASE WHEN state = 'requested' THEN 0 ELSE 1 END, requested, name`
	err = db.ReadCommitted(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		all = nil
		into := []any{&o.Name, (*string)(&o.State), &o.Contact, &requested, &decided, &expires, &present}
		return sqldb.Read(ctx, tx, query, nil, into, func() error {
			o.Requested, o.Decided, o.Expires = sqldb.Time(requested), sqldb.Time(decided), sqldb.Time(expires)
			o.Present = present > 0
			all = append(all, o)
			return nil
		})
	})
	return all, db.Failure(ctx, "read origins", err)
}
