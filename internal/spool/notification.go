// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"time"

	"github.com/kcidb-go/kcidb/object"
)

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
	Spool  string // prefix of the number if it is from one of several spools, else ""
	Number int64  // for people and commands; at most 52 bits, so that JavaScript can read it
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
	HTML       string // Body as HTML, from Get only; "" to show Body preformatted
	Thread     string // messages with the same Thread belong together
	Deliveries []Delivery

	Pick time.Time // of PickNotifications; only the driver uses it
}

// Added returns when a notification came into a feed. That is not the time of its last
// delivery, which would make the entry look new again.
func (n *Notification) Added() time.Time {
	for _, d := range n.Deliveries {
		if d.Via == Feed {
			return d.At
		}
	}
	return n.Due
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

// Picked is a picked delivery with its notification.
type Picked struct {
	Delivery
	Notification Notification // without its Deliveries

	Pick time.Time // only the driver uses it
}

// Filter chooses notifications. A zero field chooses all.
type Filter struct {
	State        string // of the notification, or Failed or Held of one of its deliveries
	Subscription string
	Recipient    string     // of one of its deliveries, in upper or lower case
	Object       object.Ref // unless its type is ""
	Limit        int        // at most so many; 0 for DefaultLimit
}

// DefaultLimit is how many notifications List returns at most if the filter does not say.
const DefaultLimit = 100

// Stats are numbers of notifications and deliveries.
type Stats struct {
	Waiting    int64     // notifications to be rendered
	Ready      int64     // notifications with deliveries to be sent
	Deliveries int64     // these deliveries
	Oldest     time.Time // when the first of these deliveries is due; zero without any
	Aside      int64     // notifications that are set aside
	// Deliveries that ended within the last 24 hours, or whose notifications did.
	Sent, Failed, Held int64
}
