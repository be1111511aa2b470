// SPDX-License-Identifier: Apache-2.0

// Package ledger is a log of submissions and decisions that shows if a row was altered,
// removed or inserted.
//
// Each row has a hash of its values and of the hash of the row before it. A person who noted
// the last hash, the head, of a day can prove later that all rows up to that day are the
// same: see Chain. Without a noted head, the chain does not show that rows were removed from
// its end, or that the database was emptied. The rows have IDs, names of origins, digests and
// times, which anyone may see.
//
// A database keeps its ledger in the transactions that do what the rows say: see package
// sqldb.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Kind says what a row is about.
type Kind string

// The kinds of rows.
const (
	Submission Kind = "submission" // was loaded; Subject is its ID, At the time at which it was received
	Refused    Kind = "refused"    // a submission that was given up
	// Decisions about tokens. Subject is the ID of the token, Origin its origins.
	TokenMade    Kind = "token made"
	TokenRevoked Kind = "token revoked"
	// Decisions about origins. Subject is the name of the origin, Token that of the
	// administrator who decided by a page.
	OriginRequested Kind = "origin requested"
	OriginApproved  Kind = "origin approved"
	OriginRefused   Kind = "origin refused"
	OriginContact   Kind = "origin contact" // got another contact
	// A setting of the database was changed. Subject is its name.
	Setting Kind = "setting"
	// Purge: objects that arrived before a time are removed. Subject is that time.
	Purge Kind = "purge"
)

// Entry is a row of the ledger.
type Entry struct {
	Number  int64     `json:"number" doc:"Number of the row, from 1"`
	At      time.Time `json:"at" doc:"Time of a decision, or when the submission was received"`
	Kind    Kind      `json:"kind" doc:"submission, refused, token made, token revoked, origin requested, origin approved, origin refused, origin contact, setting or purge"`
	Subject string    `json:"subject" doc:"ID of a submission or token, name of an origin or setting, time before which objects arrived that were purged"`
	Origin  string    `json:"origin" doc:"Origin of the submitter, or origins of the token that was made or revoked, with commas between them"`
	Token   string    `json:"token" doc:"ID of the token that was used"`
	Digest  string    `json:"digest" doc:"SHA-256 of the submission as it was received"`
	Hash    string    `json:"hash" doc:"SHA-256 of the row and of the hash before it"`
}

// hash returns the hash of an entry behind a hash: the SHA-256 of the previous hash and of
// the values in the order of the fields, the time in microseconds since 1970 and 0 for no
// time. Each is written as a netstring (LENGTH:BYTES,), so that no two rows have the same
// text.
func (e *Entry) hash(previous string) string {
	at := int64(0)
	if !e.At.IsZero() {
		at = e.At.UnixMicro()
	}
	var text []byte
	for _, field := range []string{
		previous, strconv.FormatInt(e.Number, 10), strconv.FormatInt(at, 10), string(e.Kind), e.Subject, e.Origin, e.Token, e.Digest,
	} {
		text = strconv.AppendInt(text, int64(len(field)), 10)
		text = append(text, ':')
		text = append(text, field...)
		text = append(text, ',')
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Decision reports whether the entry is about a decision, not about a submission.
func (e *Entry) Decision() bool { return e.Kind != Submission && e.Kind != Refused }

// Chain is a place in a ledger: the number and the hash of a row. The zero value is the
// place before the first row.
type Chain struct {
	Number int64
	Hash   string
}

// Add gives an entry its number and its hash, and moves to it.
func (c *Chain) Add(e *Entry) {
	e.Number = c.Number + 1
	e.Hash = e.hash(c.Hash)
	*c = Chain{e.Number, e.Hash}
}

// Check moves to an entry, which should be the next one. Its error says why the entry does
// not fit the chain.
func (c *Chain) Check(e *Entry) error {
	var err error
	switch {
	case e.Number != c.Number+1:
		err = fmt.Errorf("row %d follows row %d: rows between them are missing", e.Number, c.Number)
	case e.Hash != e.hash(c.Hash):
		err = fmt.Errorf("row %d (%s %s): its hash does not fit its values and the row before it", e.Number, e.Kind, e.Subject)
	}
	*c = Chain{e.Number, e.Hash}
	return err
}
