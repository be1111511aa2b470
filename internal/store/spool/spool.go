// SPDX-License-Identifier: Apache-2.0

// Package spool keeps, in the database of the objects, what notifying people
// needs: the changes that nobody has considered yet, the notifications that wait
// to be sent, and what became of those that were.
//
// Its SQL is the same for all databases, and written once. The tables are made by
// the drivers' migrations; times are microseconds since 1970 UTC.
//
// The life of a notification:
//
//	            Settle                Ready             all deliveries are over
//	(a change) ────────▶ waiting ─────────────▶ ready ─────────────────────────▶ done
//	                     │     ▲
//	      Drop, SetAside │     │ Settle
//	                     ▼     │
//	                     dropped: it matched no more when it was due
//	                     aside: considering or writing it failed, and would again
//
// and of a delivery, of which there is one for each recipient:
//
//	waiting ──▶ sent | failed     held (over budget) ──▶ digested
//
// Whoever works on a notification or a delivery picks it for a while, an hour at
// most. A pick that runs out, because its holder died, is picked again; so is one
// that is said to last longer than an hour, for the clock was put back since.
// What is done with a pick that somebody else has meanwhile fails with ErrTaken,
// and changes nothing. So a message goes out once for each pick, and twice only
// where its sender died, or was cut off, between sending and saying so.
package spool

import (
	"errors"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/object"
)

// The errors of the spool that a caller acts upon. All other errors are those of the
// contract of a store.
var (
	// ErrTaken: another process did it first, or has the pick now. Nothing was changed.
	ErrTaken = errors.New("somebody else has it")
	// ErrNotFound: no notification has the number.
	ErrNotFound = errors.New("no such notification")
	// ErrNothing: the notification has no deliveries that could be sent again.
	ErrNothing = errors.New("there is nothing to send again")
)

// Spool is the spool of a database. All methods may be called concurrently, by
// several processes.
type Spool struct {
	Now func() time.Time // tests that move the clock have their own
	db  *sqldb.DB
}

// New returns the spool of a database.
func New(db *sqldb.DB) *Spool { return &Spool{db.Now, db} }

// Of returns the spool of a store, or of the store it wraps; nil if it has none.
func Of(s store.Sink) *Spool {
	if db := sqldb.Of(s); db != nil {
		return New(db)
	}
	return nil
}

// Batch is the changes of one transaction that nobody has considered.
type Batch struct {
	Number  int64 // in the order of the transactions, where these share objects
	At      time.Time
	Objects int
	Data    []byte // as store.EncodeChanges made it
}

// Settlement is what considering some batches led to. It happens as a whole or
// not at all.
type Settlement struct {
	Batches       []int64 // considered, and so forgotten
	Notifications []NewNotification
	Considered    []Considered
	Statuses      []Status
	Aside         []Aside
}

// Aside is a notification that may be called for, and that cannot be known, because
// considering its object fails. It is kept, in the state SetAside, until the object
// changes and can be considered, Resend has it written, or Wipe removes it. A
// notification of the same identity that waits, or that was written, stays as it is.
type Aside struct {
	Identity
	At  time.Time // of the change
	Why string
}

// NewNotification is a notification to be armed. Where there is one of the same identity that
// waits, Changed and Due are set to the newer ones, where its first change and
// AtMost let them; where there is one that was dropped or set aside, it begins anew;
// where there is one that is written or sent, nothing happens.
type NewNotification struct {
	Identity
	Changed time.Time     // the change it was made for
	Wait    time.Duration // it is due so long after Changed
	AtMost  time.Duration // and at the latest so long after the first one; 0 for no bound
	Reason  string        // why it was made
	Was     string        // the status of the object before the change
	Created bool          // the object was new then
}

// Identity tells notifications apart. One is ever sent for each.
type Identity struct {
	Subscription string
	Object       object.Ref // of types that patterns do not know, the first field only
	Message      string     // the message's own ID, "" for the only one
}

// States of notifications and of deliveries.
const (
	Waiting  = "waiting"
	Ready    = "ready"
	Done     = "done"
	Dropped  = "dropped"
	SetAside = "aside"
	Sent     = "sent"
	Failed   = "failed"
	Held     = "held"
	Digested = "digested"
)

// Notification is a notification and what became of it.
type Notification struct {
	Number int64
	Identity
	State      string // Waiting, Ready, Done, Dropped or SetAside
	First      time.Time
	Changed    time.Time
	Due        time.Time
	Finished   time.Time // zero while it is not
	Reason     string    // why it was made; of one that was dropped or set aside, why it was
	Was        string    // the status of the object before the first change
	Created    bool      // the object was new then
	Subject    string    // "" until it is ready, as is what follows
	Body       string
	Thread     string // what its messages belong together by
	Deliveries []Delivery

	pick int64 // of whoever got it from PickNotifications
}

// Delivery is a notification on its way to somebody.
type Delivery struct {
	Number       int64
	Notification int64
	Via          string // "mail", "webhook:NAME" or "feed"
	Recipient    string // an address; of others ""
	Header       string // the header it is in: to, cc or bcc
	State        string // Waiting, Sent, Failed, Held or Digested
	Due          time.Time
	Attempts     int       // that came to an end
	Error        string    // of the last attempt
	At           time.Time // of the last attempt or of the end, and before those of its making
}

// Considered counts what a subscription was asked on a day of UTC.
type Considered struct {
	Subscription string
	Day          string // 2006-01-02
	Objects      int64  // considered
	Matched      int64
	Errors       int64
	LastError    string
}

// Status is the status an object had when it was last considered, of those
// types whose changes do not tell.
type Status struct {
	Object object.Ref
	Status string
	At     time.Time
}
