// SPDX-License-Identifier: Apache-2.0

// Package firestore is the spool in Google's Firestore, a database of documents without a
// server to run. It keeps notifications only: the changes come from another source.
//
// The specification is firestore:PROJECT[/DATABASE][?collection=notifications]. Each
// notification is a document of the collection. The other collections have names that
// begin with the name of this collection: see collections.
//
// # How it writes
//
// Firestore gives each document a time of its last change. Nothing is changed unless it
// still has the time at which it was read: all writes of a step are one commit, with the
// time of each document as its precondition. If another process was faster, the step
// reads again. So there are no locks, a process that dies leaves nothing behind, and
// the time of the last change serves as the pick of a document.
//
// # Identifiers
//
// The ID of a notification's document is a hash of the notification's identity, so an
// identity has one document, and IDs are spread evenly, as Firestore asks. The first 13
// hexadecimal digits are the number of the notification. Among a million notifications
// there is a chance of 1 in 9,000 that two have the same number. Only commands ask by the
// number, and they then get an error.
//
// # Limits
//
// A commit has at most 450 writes. Settle splits what is larger. A document has at most
// 1 MiB. Bodies have at most some 256 KiB; HTML is compressed, and left out if it is still
// too long, so that the body is shown preformatted. Reasons and errors are cut.
//
// The queries need the indexes of deploy/google/firestore.indexes.json.
package firestore

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/option"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/spool"
)

// Spool is a spool in Firestore.
type Spool struct {
	Now    func() time.Time // tests that move the clock have their own
	client *firestore.Client

	notifications, deliveries, budgets       *firestore.CollectionRef
	considered, statuses, settledOnes, lease *firestore.CollectionRef
}

var _ spool.Spool = (*Spool)(nil)

// Open opens the spool of a specification without "firestore:". It makes no call: a wrong
// project shows with the first call. Tests pass the options of their server.
func Open(ctx context.Context, specification string, options ...option.ClientOption) (*Spool, error) {
	project, database, collection, err := Parse(specification)
	if err != nil {
		return nil, fmt.Errorf("firestore:%s: %w", specification, err)
	}
	if project == "" {
		if project, err = google.Project(ctx); err != nil {
			return nil, fmt.Errorf("firestore: %w", err)
		}
	}
	if options == nil {
		options = google.GRPC(google.FirestoreEmulator)
	}
	client, err := firestore.NewClientWithDatabase(ctx, project, database, options...)
	if err != nil {
		return nil, fmt.Errorf("firestore: %w", google.Explain(err))
	}
	return &Spool{
		Now: time.Now, client: client,
		notifications: client.Collection(collection),
		deliveries:    client.Collection(collection + "_deliveries"),
		budgets:       client.Collection(collection + "_budgets"),    // by address: only one process at a time counts the mails to it
		considered:    client.Collection(collection + "_considered"), // by day
		statuses:      client.Collection(collection + "_statuses"),   // by object
		settledOnes:   client.Collection(collection + "_settled"),    // by batch
		lease:         client.Collection(collection + "_lease"),
	}, nil
}

// Parse returns the parts of a specification without "firestore:". The project is "" for
// the default project.
func Parse(specification string) (project, database, collection string, err error) {
	path, query, _ := strings.Cut(specification, "?")
	project, database, named := strings.Cut(path, "/")
	if !named {
		database = names.Database
	}
	collection = names.Collection
	options, err := url.ParseQuery(query)
	if err != nil {
		return "", "", "", err
	}
	for name, values := range options {
		if name != "collection" {
			return "", "", "", fmt.Errorf("there is no option %q; the option is collection", name)
		}
		collection = values[len(values)-1]
	}
	if database == "" || strings.Contains(database, "/") || collection == "" || strings.Contains(collection, "/") {
		return "", "", "", errors.New("want firestore:PROJECT[/DATABASE][?collection=NAME]")
	}
	return project, database, collection, nil
}

// Close ends the connections.
func (s *Spool) Close() error { return s.client.Close() }

// now returns the time as Firestore keeps it.
func (s *Spool) now() time.Time { return kept(s.Now()) }

// kept returns a time as Firestore keeps it.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// failure returns the error of an operation for the caller.
func failure(ctx context.Context, operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, spool.ErrTaken), errors.Is(err, spool.ErrNotFound), errors.Is(err, spool.ErrNothing):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("firestore: %s: %w", operation, context.Cause(ctx))
	}
	return fmt.Errorf("firestore: %s: %w", operation, google.Explain(err))
}
