// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"

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

// defaultPerReport is the number of objects in a report where nobody says.
const defaultPerReport = 1000

// query asks with a form in the body: the IDs may be too many for an address.
func (c *rest) query(ctx context.Context, q Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		form := q.form()
		if len(form) == 0 {
			return
		}
		asked := request{http.MethodPost, "/api/report", "application/x-www-form-urlencoded", []byte(form.Encode())}
		err := c.do(ctx, asked, func(body io.Reader) error {
			for r, err := range report.NewReader(body).Parts(cmp.Or(q.PerReport, defaultPerReport)) {
				if err != nil {
					return err
				}
				if r.Count() > 0 && !yield(r, nil) {
					return errBrokenOff
				}
			}
			return nil
		})
		if server, ok := errors.AsType[*ServerError](err); ok && server.StatusCode == http.StatusNotFound {
			err = fmt.Errorf("%w: the service cannot be asked for objects", ErrUnsupported)
		}
		if err != nil && err != errBrokenOff {
			yield(nil, fmt.Errorf("query: %w", err))
		}
	}
}

// errBrokenOff: the caller wants no more.
var errBrokenOff = errors.New("broken off")

// form returns the query as the parameters of a request, none where it asks
// for nothing.
func (q Query) form() url.Values {
	form := url.Values{}
	for name, ids := range map[string][]string{
		"checkout": q.Checkouts, "build": q.Builds, "test": q.Tests, "incident": q.Incidents,
	} {
		if len(ids) > 0 {
			form[name] = ids
		}
	}
	for _, key := range q.Issues {
		form.Add("issue", key.ID+","+strconv.Itoa(key.Version))
	}
	if len(form) == 0 {
		return form
	}
	for name, on := range map[string]bool{"parents": q.Parents, "children": q.Children, "metadata": q.Metadata} {
		if on {
			form.Set(name, "true")
		}
	}
	return form
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
