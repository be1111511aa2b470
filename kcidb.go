// SPDX-License-Identifier: Apache-2.0

// Package kcidb submits test reports to KCIDB, and asks KCIDB for them.
//
// A [Client] speaks to one of three backends, each with a function that makes the
// client:
//
//   - [Connect]: a service, over HTTP. CI systems use this one.
//   - OpenQueue of package [github.com/kcidb-go/kcidb/local]: the queue of a service.
//   - OpenDatabase of the same package: a database, without a service.
//
// Not every backend can do everything:
//
//	              Submit            Status                      Query, Match
//	Connect       into the queue    30 days after the end       yes
//	OpenQueue     into the queue    until the report is loaded  no
//	OpenDatabase  loads at once     if the driver keeps it      yes
//
// "The end" is the time at which the service loaded the report or gave it up. Match of
// OpenDatabase needs SQLite or PostgreSQL.
//
// A method that a backend cannot serve returns [ErrUnsupported].
//
// # Submitting
//
// [Client.Submit] takes the typed objects of package [report], [Client.SubmitJSON] the
// JSON of any version of the schema, [Client.SubmitStream] a stream of reports. The
// client checks each report before it leaves. The faults of a report come back as a
// [*report.Error]:
//
//	client, err := kcidb.Connect(os.Getenv("KCIDB_REST")) // https://TOKEN@HOST
//	...
//	id, err := client.Submit(ctx, r)
//	if invalid, ok := errors.AsType[*report.Error](err); ok {
//		for _, fault := range invalid.Faults {
//			log.Print(fault)
//		}
//	}
//
// When Submit returns an ID, the report is on the disk of the receiver, and soon in the
// database. A service loads all of the report or refuses it; [Client.SubmitPartly] lets it
// load the good objects of a report with faults. [Client.Status] follows it. Submitting a report twice does no harm, because
// the database merges objects by their IDs.
//
// # Asking
//
// [Client.Query] finds objects by their IDs, [Client.Match] by their relations: "all
// failed tests of this revision", for example, begins with the pattern
// >revision[HASH, ""]>checkout>build>test#. Package [object] explains patterns. Both
// methods stream: memory is bounded by one part of the answer.
package kcidb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// The errors of a client that callers act upon, with [*report.Error] and [*ServerError].
var (
	// ErrUnsupported: the backend of this client cannot do that.
	ErrUnsupported = errors.New("not supported by this kind of client")
	// ErrNotFound: the backend does not know the submission.
	ErrNotFound = errors.New("no such submission")
)

// Client submits reports and asks for them. All methods may be called concurrently.
type Client struct {
	backend Backend
}

// Backend is what a [Client] speaks to. The methods do what those of the client of the
// same names promise. Programs use [Connect] or package local; a test may bring a
// backend of its own. Later versions may add methods.
type Backend interface {
	// Submit takes a valid report: text is its JSON in any version of the schema, and r
	// has its objects.
	Submit(ctx context.Context, text []byte, r *report.Report) (id string, err error)
	Status(ctx context.Context, id string) (Status, error)
	Query(ctx context.Context, q Query) iter.Seq2[*report.Report, error]
	Match(ctx context.Context, patterns []object.Pattern) iter.Seq2[*object.Set, error]
	Close() error
}

// NewClient returns a client of a backend.
func NewClient(b Backend) *Client { return &Client{b} }

// Close releases what the client holds.
func (c *Client) Close() error { return c.backend.Close() }

// Submit submits a report, and returns the ID of the submission when the report is safe
// on disk. If the report is invalid, the error is a [*report.Error], and nothing is sent.
func (c *Client) Submit(ctx context.Context, r *report.Report) (id string, err error) {
	return c.SubmitJSON(ctx, r.AppendJSON(nil))
}

// SubmitJSON submits a report in JSON, of any version of the schema, as Submit does. The
// text must hold one report.
func (c *Client) SubmitJSON(ctx context.Context, text []byte) (id string, err error) {
	r, err := report.Decode(text)
	if err != nil {
		return "", fmt.Errorf("invalid report: %w", err)
	}
	return c.backend.Submit(ctx, text, r)
}

// SubmitStream submits the reports of a stream: JSON values one after the other, with or
// without white space between them, or each after an RS character (RFC 7464). For each
// report it yields the ID of the submission or an error, and goes on with the next. It
// ends at the end of the stream, after an error of reading it, after text that is not
// JSON, when ctx ends, or when the caller breaks off.
//
// Memory is bounded by the largest report.
func (c *Client) SubmitStream(ctx context.Context, from io.Reader) iter.Seq2[string, error] {
	return submitStream(ctx, from, c.SubmitJSON)
}

// submitStream submits each report of a stream by a function.
func submitStream[T any](ctx context.Context, from io.Reader, submit func(context.Context, []byte) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var nothing T
		reader := report.NewReader(from)
		for n := 1; ctx.Err() == nil; n++ {
			text, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nothing, fmt.Errorf("report %d: %w", n, err))
				return
			}
			answer, err := submit(ctx, text)
			if err != nil {
				err = fmt.Errorf("report %d: %w", n, err)
			}
			if !yield(answer, err) {
				return
			}
		}
		yield(nothing, ctx.Err())
	}
}

// Status returns how far a submission has come. It returns ErrNotFound if the backend
// does not know the submission.
func (c *Client) Status(ctx context.Context, id string) (Status, error) {
	return c.backend.Status(ctx, id)
}

// Status is how far a submission has come.
type Status struct {
	State   State
	Message string // for people; the reason, of a failure
}

// State is how far a submission has come.
type State string

// The states.
const (
	StateInProgress State = "inprogress" // being received
	StateReady      State = "ready"      // accepted, waiting to be loaded
	StateProcessed  State = "processed"  // loaded into the database
	StateFailed     State = "failed"     // given up
)

// Option changes how a client of a service works.
type Option func(*options)

type options struct {
	token  string
	http   *http.Client
	tries  int
	logger *slog.Logger
}

// WithToken sets the token that shows the service who submits. It replaces the token in
// the address.
func WithToken(token string) Option { return func(o *options) { o.token = token } }

// WithHTTPClient sets the HTTP client to use, for proxies and certificates. Its policy
// for redirects has no effect, because the client follows no redirects.
func WithHTTPClient(c *http.Client) Option { return func(o *options) { o.http = c } }

// WithTries sets how often the client tries a request that fails for a temporary
// reason. The default is 8 times, within some two minutes. 1 never repeats.
func WithTries(n int) Option { return func(o *options) { o.tries = n } }

// WithLogger sets where the client logs repeated requests. The default is nowhere.
func WithLogger(l *slog.Logger) Option { return func(o *options) { o.logger = l } }
