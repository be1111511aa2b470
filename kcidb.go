// SPDX-License-Identifier: Apache-2.0

// Package kcidb hands reports in to KCIDB, and asks for them.
//
// A [Client] speaks to one of three things, and is made by the function for it:
//
//   - [Connect]: a service, over HTTP. This is what CI systems use.
//   - [OpenQueue]: the queue of a service, for programs beside it.
//   - [OpenDatabase]: a database, for programs that evaluate reports.
//
// What they can do differs:
//
//	              Submit           Status                     Query
//	Connect       to the queue     until 30 days later        yes
//	OpenQueue     to the queue     until it is loaded         no
//	OpenDatabase  at once          where the driver can tell  yes
//
// Where a client cannot do a thing at all, it returns [ErrUnsupported].
//
// Reports are those of package [report]: typed objects of the latest version
// of the schema, or JSON of any version. Each is checked before it leaves; what
// is wrong with a report is a [*report.Error], which [errors.As] finds in the
// errors returned here:
//
//	id, err := client.Submit(ctx, r)
//	if invalid, ok := errors.AsType[*report.Error](err); ok {
//		for _, fault := range invalid.Faults {
//			log.Print(fault)
//		}
//	}
//
// A submission that was accepted is on the disk of whoever accepted it. It is
// loaded into the database soon after; handing the same report in twice does
// no harm, as objects are merged by their IDs.
//
// Programs that use OpenQueue or OpenDatabase import package
// [github.com/kcidb-go/kcidb/drivers] as well.
package kcidb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"

	"github.com/kcidb-go/kcidb/report"
)

// The ways a client fails that a caller acts upon, besides [*report.Error] and
// [*ServerError].
var (
	// ErrUnsupported: a client of this kind cannot do that.
	ErrUnsupported = errors.New("not supported by this kind of client")
	// ErrNotFound: nothing is known of the submission.
	ErrNotFound = errors.New("no such submission")
)

// Client hands reports in and asks for them. All methods may be called
// concurrently.
type Client struct {
	backend backend
}

// backend is what a client speaks to.
type backend interface {
	// submit hands in a valid report: its JSON, and its objects.
	submit(ctx context.Context, text []byte, r *report.Report) (id string, err error)
	status(ctx context.Context, id string) (Status, error)
	query(ctx context.Context, q Query) iter.Seq2[*report.Report, error]
	close() error
}

// Close releases what the client holds.
func (c *Client) Close() error { return c.backend.close() }

// Submit hands in a report and returns the ID of the submission once it is
// safe. What is wrong with the report, if anything, is a [*report.Error].
func (c *Client) Submit(ctx context.Context, r *report.Report) (id string, err error) {
	return c.SubmitJSON(ctx, r.AppendJSON(nil))
}

// SubmitJSON hands in a report of any version of the schema, in JSON, as
// Submit does. The text must hold one report.
func (c *Client) SubmitJSON(ctx context.Context, text []byte) (id string, err error) {
	r, err := report.Decode(text)
	if err != nil {
		return "", fmt.Errorf("invalid report: %w", err)
	}
	return c.backend.submit(ctx, text, r)
}

// SubmitStream hands in the reports of a stream: JSON values one after the
// other, with white space between them or none, or each after an RS character
// as RFC 7464 has it. For each it yields the ID of the submission, or why there
// is none, and goes on with the next. It ends with the stream, after an error
// of reading it, after text that is not JSON, when ctx ends, or when the
// caller breaks off.
//
// Memory is bounded by the largest report.
func (c *Client) SubmitStream(ctx context.Context, from io.Reader) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		reader := report.NewReader(from)
		for n := 1; ctx.Err() == nil; n++ {
			text, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield("", fmt.Errorf("report %d: %w", n, err))
				return
			}
			id, err := c.SubmitJSON(ctx, text)
			if err != nil {
				err = fmt.Errorf("report %d: %w", n, err)
			}
			if !yield(id, err) {
				return
			}
		}
		yield("", ctx.Err())
	}
}

// Status tells what became of a submission. It returns ErrNotFound where
// nothing is known of it.
func (c *Client) Status(ctx context.Context, id string) (Status, error) {
	return c.backend.status(ctx, id)
}

// Status is what became of a submission.
type Status struct {
	State   State
	Message string // for people; the reason, of a failure
}

// State is how far a submission has come.
type State string

// The states.
const (
	StateInProgress State = "inprogress" // being taken in
	StateReady      State = "ready"      // accepted, waiting to be loaded
	StateProcessed  State = "processed"  // loaded into the database
	StateFailed     State = "failed"     // given up
)

// Option changes how a client works.
type Option func(*options)

type options struct {
	token  string
	http   *http.Client
	tries  int
	logger *slog.Logger
}

// WithToken sets the token that tells a service who is submitting. It takes
// the place of one in the address.
func WithToken(token string) Option { return func(o *options) { o.token = token } }

// WithHTTPClient sets the HTTP client to use, for proxies, certificates and
// the like. Its policy for redirects is not used: the client follows none.
func WithHTTPClient(c *http.Client) Option { return func(o *options) { o.http = c } }

// WithTries sets how often a request is tried that fails for reasons that may
// pass: 8 times where it is not set, within two minutes or so. 1 never repeats.
func WithTries(n int) Option { return func(o *options) { o.tries = n } }

// WithLogger sets where repeated requests are logged: nowhere, where it is not set.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }
