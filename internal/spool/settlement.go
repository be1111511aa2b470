// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"time"

	"github.com/kcidb-go/kcidb/object"
)

// Settlement is the result of considering some batches.
type Settlement struct {
	Batches       []string // considered, by ID
	Notifications []NewNotification
	Considered    []Considered
	Statuses      []Status
	Aside         []Aside
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

// Aside is a notification that may be due. Considering its object fails, so that is
// unknown. The notification is kept in the state SetAside until the object changes and
// can be considered, or Resend has it written, or Wipe removes it. A notification of the
// same identity that waits, or was written, stays as it is.
type Aside struct {
	Identity
	At  time.Time // of the change
	Why string
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
// changes have no status. If the source does not know the state before a change, as a
// topic does not, these are all types: an object without a status is then new.
type Status struct {
	Object object.Ref
	Status string
	At     time.Time
}
