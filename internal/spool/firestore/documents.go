// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/firestore"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/object"
)

// notification is the document of a notification. A zero time is a missing field.
type notification struct {
	Subscription string    `firestore:"subscription"`
	Type         string    `firestore:"object_type"`
	ID           []string  `firestore:"object_id"`
	Object       string    `firestore:"object"` // objectID, for queries
	Message      string    `firestore:"message"`
	State        string    `firestore:"state"`
	Made         time.Time `firestore:"made"`
	First        time.Time `firestore:"first"`
	Changed      time.Time `firestore:"changed"`
	Due          time.Time `firestore:"due"`
	Finished     time.Time `firestore:"finished,omitempty"`
	Picked       time.Time `firestore:"picked,omitempty"` // end of the pick
	Reason       string    `firestore:"reason"`
	Was          string    `firestore:"was"`
	Created      bool      `firestore:"created"`
	Subject      string    `firestore:"subject"`
	Body         string    `firestore:"body"`
	HTML         []byte    `firestore:"html"` // compressed
	Thread       string    `firestore:"thread"`
	Recipients   []string  `firestore:"recipients"` // addresses in lower case
	Deliveries   int       `firestore:"deliveries"` // how many it has
	Open         int       `firestore:"open"`       // how many of them wait
}

// delivery is the document of a delivery.
type delivery struct {
	Notification string    `firestore:"notification"` // ID of its document
	Subscription string    `firestore:"subscription"`
	Made         time.Time `firestore:"made"` // when the notification was made
	Via          string    `firestore:"via"`
	Recipient    string    `firestore:"recipient"`
	Mailbox      string    `firestore:"mailbox"` // address in lower case of a mail that counts for a budget, else ""
	Header       string    `firestore:"header"`
	State        string    `firestore:"state"`
	Due          time.Time `firestore:"due"`
	Picked       time.Time `firestore:"picked,omitempty"` // end of the pick
	Attempts     int       `firestore:"attempts"`
	Error        string    `firestore:"error"`
	At           time.Time `firestore:"at"`
}

// hashOf returns a hash of texts in hexadecimal digits.
func hashOf(texts ...string) string {
	h := sha256.New()
	for _, text := range texts {
		h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	return hex.EncodeToString(h.Sum(nil))[:40]
}

// objectID returns the ID of an object's documents.
func objectID(ref object.Ref) string {
	return hashOf(append([]string{string(ref.Type)}, fieldsOf(ref)...)...)
}

// fieldsOf returns the fields of an object's ID.
func fieldsOf(ref object.Ref) []string {
	fields := []string{spool.Storable(ref.ID[0])}
	if len(ref.Type.Fields()) == 2 {
		fields = append(fields, spool.Storable(ref.ID[1]))
	}
	return fields
}

// refOf is the inverse of fieldsOf.
func refOf(typ string, fields []string) object.Ref {
	ref := object.Ref{Type: object.Type(typ)}
	copy(ref.ID[:], fields)
	return ref
}

// notificationID returns the ID of the document of a notification.
func notificationID(id spool.Identity) string {
	return hashOf(append([]string{spool.Storable(id.Subscription), spool.Storable(id.Message), string(id.Object.Type)}, fieldsOf(id.Object)...)...)
}

// numberDigits is how many hexadecimal digits of the ID of a document are the number of
// its notification.
const numberDigits = 13

// numberOf returns the number of a notification from the ID of its document.
func numberOf(id string) int64 {
	n, _ := strconv.ParseInt(id[:numberDigits], 16, 64) // IDs are hexadecimal digits
	return n
}

// indexBits is how many bits of a delivery's number are its place in the notification.
const indexBits = 9

// mostDeliveries is how many deliveries a notification has at most, so that they fit into
// a commit.
const mostDeliveries = 400

// deliveryID returns the ID of the document of a notification's delivery.
func deliveryID(notification string, index int) string {
	return fmt.Sprintf("%s-%03d", notification, index)
}

// deliveryNumber returns the number of a delivery from the ID of its document.
func deliveryNumber(id string) int64 {
	_, index, _ := strings.Cut(id, "-")
	n, _ := strconv.ParseInt(index, 10, 64)
	return numberOf(id)<<indexBits | n
}

// deliveryIDs returns the IDs of the documents of a notification's deliveries.
func deliveryIDs(notification string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = deliveryID(notification, i)
	}
	return ids
}

// export returns the notification of a document, without its HTML.
func (n *notification) export(id string) spool.Notification {
	return spool.Notification{
		Number:   numberOf(id),
		Identity: spool.Identity{Subscription: n.Subscription, Object: refOf(n.Type, n.ID), Message: n.Message},
		State:    n.State, First: n.First, Changed: n.Changed, Due: n.Due, Finished: n.Finished,
		Reason: n.Reason, Was: n.Was, Created: n.Created,
		Subject: n.Subject, Body: n.Body, Thread: n.Thread,
	}
}

// export returns the delivery of a document.
func (d *delivery) export(id string) spool.Delivery {
	return spool.Delivery{
		Number: deliveryNumber(id), Notification: numberOf(id), Via: d.Via, Recipient: d.Recipient, Header: d.Header,
		State: d.State, Due: d.Due, Attempts: d.Attempts, Error: d.Error, At: d.At,
	}
}

// free reports whether a document is not picked.
func free(picked, now time.Time) bool {
	return picked.Before(now) || picked.After(now.Add(spool.LongestPick))
}

// pickedUntil returns when a pick of now ends.
func pickedUntil(now time.Time, d time.Duration) time.Time {
	return kept(now.Add(min(d, spool.LongestPick)))
}

// Most bytes of a reason or an error, and of the last error of a subscription: many of
// these share a document.
const (
	mostReason    = 10_000
	mostLastError = 1000
)

// cut returns a text with at most so many bytes. It ends with an ellipsis if it was longer.
func cut(text string, most int) string {
	text = spool.Storable(text)
	if len(text) <= most {
		return text
	}
	text = text[:most-len("…")]
	for !utf8.ValidString(text) {
		text = text[:len(text)-1]
	}
	return text + "…"
}

// read reads the document of a snapshot.
func read[T any](snapshot *firestore.DocumentSnapshot) (document T, err error) {
	if err = snapshot.DataTo(&document); err != nil {
		err = fmt.Errorf("document %s: %w", snapshot.Ref.Path, err)
	}
	return document, err
}
