// SPDX-License-Identifier: Apache-2.0

// Package spool keeps in the database of the objects what the notifier needs: the
// changes that it has not considered yet, the notifications that wait to be sent, and
// the notifications that were sent, with the state of each delivery.
//
// Its SQL is the same for all databases, by package sqldb. The drivers' migrations make
// the tables. Times are microseconds since 1970 UTC.
//
// The life of a notification:
//
//	            Settle              MarkReady           all deliveries are over
//	(a change) ────────▶ waiting ─────────────▶ ready ─────────────────────────▶ done
//	                     │     ▲
//	      Drop, SetAside │     │ Settle
//	                     ▼     │
//	                     dropped: it did not match any more when it was due
//	                     aside: considering or writing it failed, and would again
//
// and of a delivery, one for each recipient:
//
//	waiting ──▶ sent | failed     held (over budget) ──▶ digested
//
// A process picks a notification or a delivery for a while, an hour at most, before it
// works on it. If the process dies, its pick runs out, and another process picks the row
// again. A pick that has more than an hour to go counts as run out, because the clock
// was set back since. Ending a pick that another process has by then fails with
// ErrTaken and changes nothing. So a message goes out once for each pick, and twice only
// if its sender died, or lost the database, between sending the message and recording
// that.
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
	ErrTaken = errors.New("another process has it")
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

// Of returns the spool of a store, or of the store it wraps; nil if it has none.
func Of(s store.Sink) *Spool {
	if db := sqldb.Of(s); db != nil {
		return &Spool{db.Now, db}
	}
	return nil
}

// Batch is the changes of one transaction, not considered yet.
type Batch struct {
	Number  int64 // in the order of the transactions, if they share objects
	At      time.Time
	Objects int
	Data    []byte // as store.EncodeChanges made it
}

// Settlement is the result of considering some batches. It happens as a whole or not
// at all.
type Settlement struct {
	Batches       []int64 // considered; they are deleted
	Notifications []NewNotification
	Considered    []Considered
	Statuses      []Status
	Aside         []Aside
}

// Aside is a notification that may be due. Considering its object fails, so that is
// unknown. The notification is kept in the state SetAside until the object changes and
// can be considered, or Resend has it written, or Wipe removes it. A notification of the
// same identity that waits, or was written, stays as it is.
type Aside struct {
	Identity
	At  time.Time // of the change
	Why string
}

// NewNotification is a notification to be made. If a notification of the same identity
// waits, its Changed and Due become the newer ones, within the bounds of its first
// change and AtMost. If that notification was dropped or set aside, it starts again. If
// it is written or sent, nothing happens.
type NewNotification struct {
	Identity
	Changed time.Time     // the change it was made for
	Wait    time.Duration // from Changed until it is due
	AtMost  time.Duration // from the first change until it is due at the latest; 0 for no bound
	Reason  string        // why it was made
	Was     string        // the status of the object before the change
	Created bool          // the change created the object
}

// Identity identifies a notification. At most one notification is sent for each identity.
type Identity struct {
	Subscription string
	Object       object.Ref // only the first field for types that patterns do not know
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

// Notification is a notification and its state.
type Notification struct {
	Number int64
	Identity
	State      string // Waiting, Ready, Done, Dropped or SetAside
	First      time.Time
	Changed    time.Time
	Due        time.Time
	Finished   time.Time // zero until then
	Reason     string    // why it was made, or why it was dropped or set aside
	Was        string    // the status of the object before the first change
	Created    bool      // the first change created the object
	Subject    string    // "" until it is ready, as are Body and Thread
	Body       string
	HTML       string // Body as HTML, from Get only; "" in digests, and if an earlier version wrote Body
	Thread     string // messages with the same Thread belong together
	Deliveries []Delivery

	pick int64 // the end of the pick of PickNotifications
}

// Delivery is a notification on its way to one recipient.
type Delivery struct {
	Number       int64
	Notification int64
	Via          string // "mail", "webhook:NAME" or "feed"
	Recipient    string // the address of a mail, else ""
	Header       string // the header it is in: to, cc or bcc
	State        string // Waiting, Sent, Failed, Held or Digested
	Due          time.Time
	Attempts     int       // that ended
	Error        string    // of the last attempt
	At           time.Time // of the end or of the last attempt; before the first attempt, of its making
}

// Considered are the counters of a subscription on a UTC day.
type Considered struct {
	Subscription string
	Day          string // 2006-01-02
	Objects      int64  // considered
	Matched      int64
	Errors       int64
	LastError    string
}

// Status is the status of an object when it was last considered, for the types whose
// changes have no status.
type Status struct {
	Object object.Ref
	Status string
	At     time.Time
}
