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

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Query names objects by their IDs. The zero Query names no objects.
type Query struct {
	Checkouts, Builds, Tests, Incidents []string // their IDs
	Issues                              []IssueKey

	// Parents adds every ancestor of these objects.
	Parents bool
	// Children adds every descendant of these objects and, with Parents, of their
	// ancestors.
	Children bool
	// Metadata asks for objects with their Timestamp.
	Metadata bool
	// PerReport is the largest number of objects in a report. With 0, the backend
	// chooses it: a service sends 1,000.
	PerReport int
}

// IssueKey identifies a version of an issue.
type IssueKey struct {
	ID      string
	Version int
}

// Query returns the objects of a query, each once, in reports of a bounded size: first
// all checkouts, then builds, tests, issues and incidents. A query without a match
// yields no reports. An error is the last thing it yields.
//
// A service takes up to 5,000 IDs in a query.
func (c *Client) Query(ctx context.Context, q Query) iter.Seq2[*report.Report, error] {
	return c.backend.Query(ctx, q)
}

// Match returns the objects that any of the patterns names, each once and with its
// Timestamp, in sets of a bounded size: first all revisions, then checkouts, builds,
// tests, issues, versions of issues and incidents. [object.Parse] reads patterns from
// text, and [object.Of] begins to build one. Patterns without a match yield no sets. An
// error is the last thing it yields.
//
// A service takes up to 100 patterns in 32 KiB, and returns up to 100,000 objects. It
// asks for the token of a submitter if a pattern has no IDs, because such a pattern may
// name every object there is.
func (c *Client) Match(ctx context.Context, patterns []object.Pattern) iter.Seq2[*object.Set, error] {
	return c.backend.Match(ctx, patterns)
}

// objectsPerPart is the number of objects in a report or a set if the caller does not
// choose it.
const objectsPerPart = 1000

// Query sends the IDs as a form in the body: they may be too many for an address.
func (s *service) Query(ctx context.Context, q Query) iter.Seq2[*report.Report, error] {
	form := q.form()
	if len(form) == 0 {
		return func(func(*report.Report, error) bool) {}
	}
	asked := request{http.MethodPost, "/api/report", "application/x-www-form-urlencoded", []byte(form.Encode())}
	return answerOf(ctx, s, "query", asked, func(body io.Reader) iter.Seq2[*report.Report, error] {
		return report.NewReader(body).Parts(cmp.Or(q.PerReport, objectsPerPart))
	})
}

func (s *service) Match(ctx context.Context, patterns []object.Pattern) iter.Seq2[*object.Set, error] {
	if len(patterns) == 0 {
		return func(func(*object.Set, error) bool) {}
	}
	form := url.Values{"metadata": {"true"}}
	for _, p := range patterns {
		form.Add("pattern", p.String())
	}
	asked := request{method: http.MethodGet, path: "/api/objects?" + form.Encode()}
	return answerOf(ctx, s, "match", asked, func(body io.Reader) iter.Seq2[*object.Set, error] {
		return object.ReadSets(body, objectsPerPart)
	})
}

// errBrokenOff: the caller wants no more of an answer.
var errBrokenOff = errors.New("broken off")

// answerOf sends a request, and yields the parts of the answer that hold objects.
func answerOf[T interface{ Count() int }](ctx context.Context, s *service, operation string, asked request,
	parts func(io.Reader) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := s.send(ctx, asked, func(body io.Reader) error {
			for part, err := range parts(body) {
				if err != nil {
					return err
				}
				if part.Count() > 0 && !yield(part, nil) {
					return errBrokenOff
				}
			}
			return nil
		})
		if server, ok := errors.AsType[*ServerError](err); ok && server.StatusCode == http.StatusNotFound {
			err = fmt.Errorf("%w: the service answers no questions about objects", ErrUnsupported)
		}
		if err != nil && err != errBrokenOff {
			var none T
			yield(none, fmt.Errorf("%s: %w", operation, err))
		}
	}
}

// form returns the query as the parameters of a request, and no parameters if it names
// no objects.
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
