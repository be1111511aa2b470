// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"context"
	"iter"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Query says which objects are wanted. The zero Query asks for nothing.
type Query struct {
	Checkouts, Builds, Tests, Incidents []string // their IDs
	Issues                              []IssueKey

	// Parents asks for every ancestor of these as well.
	Parents bool
	// Children asks for every descendant of these and, with Parents, of their
	// ancestors as well.
	Children bool
	// Metadata asks for objects with their Timestamp.
	Metadata bool
	// PerReport is the number of objects in a report at most; 0 leaves it to
	// the database.
	PerReport int
}

// IssueKey identifies a version of an issue.
type IssueKey struct {
	ID      string
	Version int
}

// Query returns the objects asked for, each once, in reports of a bounded
// size: all checkouts come first, then builds, tests, issues and incidents. An
// error is the last thing returned. A query without a match returns no reports.
func (c *Client) Query(ctx context.Context, q Query) iter.Seq2[*report.Report, error] {
	return c.backend.query(ctx, q)
}

// stored returns the query in the terms of databases.
func (q Query) stored() store.Query {
	s := store.Query{
		Checkouts: q.Checkouts,
		Builds:    q.Builds,
		Tests:     q.Tests,
		Incidents: q.Incidents,
		Parents:   q.Parents,
		Children:  q.Children,
		Metadata:  q.Metadata,
		PerReport: q.PerReport,
	}
	for _, key := range q.Issues {
		s.Issues = append(s.Issues, store.Key{ID: key.ID, Version: key.Version})
	}
	return s
}
