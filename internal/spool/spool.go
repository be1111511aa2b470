// SPDX-License-Identifier: Apache-2.0

// Package spool is the contract of a spool: the place where notifications wait until
// they are due, and stay after they were sent, with the state of each delivery. Package
// sqlspool keeps them beside the objects in a database, other drivers elsewhere. Package
// spooltest has the suite that every driver passes.
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
// works on it. If the process dies, its pick runs out, and another process picks it
// again. A pick that has more than an hour to go counts as run out, because the clock
// was set back since. Ending a pick that another process has by then fails with
// ErrTaken and changes nothing. So a message goes out once for each pick, and twice only
// if its sender died, or lost the spool, between sending the message and recording that.
package spool

import (
	"context"
	"errors"
	"time"

	"github.com/kcidb-go/kcidb/object"
)

// The errors of a spool that a caller acts upon. Other errors of the database or of the
// service that keeps the spool have a kind: see package errkind.
var (
	// ErrTaken: another process did it first, or has the pick now. Nothing was changed,
	// except that a Settle of many notifications may have made some of them: see Settle.
	ErrTaken = errors.New("another process has it")
	// ErrNotFound: no notification has the number.
	ErrNotFound = errors.New("no such notification")
	// ErrNothing: the notification has no deliveries that could be sent again.
	ErrNothing = errors.New("there is nothing to send again")
)

// LongestPick is the longest time that a pick or a lease lasts. A pick that has longer to
// go was made before the clock was set back, and counts as run out.
const LongestPick = time.Hour

// Spool keeps notifications. All methods may be called concurrently, by several
// processes.
type Spool interface {
	Considering
	Writing
	Sending
	Listing
	Wiping
	// Close releases what opening the spool took. It leaves the database open that the
	// spool is kept in.
	Close() error
}

// Feeds is what pages need that show feeds.
type Feeds interface {
	// Feed returns the notifications in the feed of a subscription, newest first.
	Feed(ctx context.Context, subscription string, limit int) ([]Notification, error)
}

// Considering is what the process needs that considers changes.
type Considering interface {
	// Lease makes the holder the only process that considers changes, for at least half
	// the time given and at most an hour. It returns false if another process has the
	// lease. Considering without a lease does no harm, because Settle lets only one
	// process have a change.
	Lease(ctx context.Context, holder string, d time.Duration) (got bool, err error)
	// Release ends the holder's lease, if it has one.
	Release(ctx context.Context, holder string) error
	// Settle does what considering some batches led to. If another process settled one
	// of the batches, it returns ErrTaken. So each change is considered exactly once: by
	// the process that settles it first.
	//
	// A driver may need several transactions for a settlement of many notifications. The
	// last one settles the batches and counts. If the process dies before, the batches
	// are considered again, and their notifications made again: they have the same
	// identities, so each is still sent once.
	Settle(ctx context.Context, settlement Settlement) error
	// Settled returns which of the batches are settled already, by ID: those that their
	// source sent again, and that made Settle return ErrTaken.
	Settled(ctx context.Context, batches []string) ([]string, error)
	// Statuses returns the statuses that the objects had when they were last considered,
	// as Settle kept them, for objects of any type. It leaves out objects that have none.
	Statuses(ctx context.Context, refs []object.Ref) (map[object.Ref]Status, error)
	// Counters returns the counters of subscriptions from a day on (2006-01-02), by day
	// and subscription.
	Counters(ctx context.Context, since string) ([]Considered, error)
}

// Writing is what a process needs that writes notifications.
type Writing interface {
	// PickNotifications picks for a while at most n notifications that are due and not
	// picked, those first that are due longest. The caller ends each pick by MarkReady,
	// Drop, SetAside or Retry. Each of these returns ErrTaken if the notification
	// changed meanwhile, or if the pick ran out and another process has it.
	PickNotifications(ctx context.Context, n int, d time.Duration) ([]Notification, error)
	// MarkReady ends a pick: the notification is ready, with a delivery for each
	// recipient. Recipients with the same route and address, in upper or lower case, are
	// one. The notification is done at once if nothing of it is to be sent.
	//
	// A mail above a budget is held, and its recipient gets a digest after the next
	// midnight UTC. Digests are neither counted nor held.
	//
	// MarkReady also returns ErrTaken if another process digested one of the deliveries.
	MarkReady(ctx context.Context, n *Notification, r Rendered) error
	// Drop ends a pick: the notification is not sent. why is the reason.
	Drop(ctx context.Context, n *Notification, why string) error
	// SetAside ends a pick: writing the notification fails, and would fail again. why is
	// the reason.
	SetAside(ctx context.Context, n *Notification, why string) error
	// Retry ends a pick: the notification waits and is due again after a while.
	Retry(ctx context.Context, n *Notification, after time.Duration) error
	// HeldFor returns notifications that a digest lists, without their bodies: those with
	// mails to its recipient that are held since before the digest was due. Each comes
	// with that delivery, and they are for Rendered.Digested. If a driver has too many for
	// one digest, the next day's digest lists the others.
	HeldFor(ctx context.Context, digest *Notification) ([]Notification, error)
}

// Sending is what a process needs that sends.
type Sending interface {
	// Routes returns the routes, such as Mail, with a delivery that is due and not
	// picked. It writes nothing, and its cost grows with the number of routes, not with
	// that of the deliveries that wait.
	Routes(ctx context.Context) ([]string, error)
	// RoutesWaiting returns the routes with a delivery that waits, due or not, picked or
	// not. It costs as much as Routes.
	RoutesWaiting(ctx context.Context) ([]string, error)
	// PickDeliveries picks for a while at most n deliveries by a route that are due and
	// not picked, those first that are due longest. The caller ends each pick by
	// MarkSent, RetryDelivery, PostponeDelivery or MarkFailed. Each of these returns
	// ErrTaken if the pick ran out and another process has the delivery.
	PickDeliveries(ctx context.Context, route string, n int, d time.Duration) ([]*Picked, error)
	// MarkSent ends a pick: the recipient has the delivery. A process that is told to
	// stop meanwhile should call MarkSent all the same, with a context that goes on,
	// because otherwise the delivery is sent again.
	MarkSent(ctx context.Context, d *Picked) error
	// RetryDelivery ends a pick: sending failed, and the delivery is due again after a
	// while. why is the reason.
	RetryDelivery(ctx context.Context, d *Picked, why string, after time.Duration) error
	// PostponeDelivery is RetryDelivery for a delivery that was not tried: it counts no
	// attempt.
	PostponeDelivery(ctx context.Context, d *Picked, why string, after time.Duration) error
	// MarkFailed ends a pick: the delivery cannot be sent. why is the reason.
	MarkFailed(ctx context.Context, d *Picked, why string) error
	// Resend makes deliveries of a notification due now, without attempts: the deliveries
	// that failed or wait for the next attempt. Without such deliveries it takes all
	// deliveries that are over. It leaves out feeds. A notification that was set aside
	// waits again, and is due now. Resend returns ErrNothing if no delivery can be sent
	// again, such as for a notification that waits or was dropped.
	Resend(ctx context.Context, number int64) error
}

// Listing is what people and pages ask of a spool.
type Listing interface {
	// List returns notifications with their deliveries, newest first.
	List(ctx context.Context, f Filter) ([]Notification, error)
	// Get returns the notification with the number, with its HTML and its deliveries.
	// Lists leave out the HTML, because it is longer than the text, and only mails need
	// the HTML.
	Get(ctx context.Context, number int64) (Notification, error)
	Feeds
	// Stats counts. Its cost grows with the notifications that wait or ended within a
	// day, not with the older ones.
	Stats(ctx context.Context) (Stats, error)
}

// Wiping removes what is old.
type Wiping interface {
	// Wipe removes the notifications that were done, dropped or set aside before the time
	// given, with their deliveries, and returns how many notifications it removed. It
	// keeps notifications with mails that a digest has yet to list. It also removes the
	// counters of the days before. It removes a few at a time, so that others need not
	// wait long. After an error, what it removed so far is gone.
	Wipe(ctx context.Context, until time.Time) (int64, error)
	// ForgetStatuses deletes the statuses of objects that were last considered before the
	// time given. Such an object counts as new when it is considered again.
	ForgetStatuses(ctx context.Context, until time.Time) error
}
