// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Connect returns a client of the service at the address,
// [http://|https://][TOKEN@]HOST[:PORT], https where nothing is said. It takes
// what the environment variable KCIDB_REST holds by custom; a path is ignored.
// Nothing is sent yet.
//
// Requests that fail for reasons that may pass are tried again: no connection,
// the statuses 429, 502, 503 and 504, and any failure of the service's own that
// it says when to come back after. As an answer may be lost on its way,
// a report may then be there twice, which does no harm.
func Connect(address string, opts ...Option) (*Client, error) {
	o := options{tries: 8, logger: slog.New(slog.DiscardHandler), http: &http.Client{Timeout: requestTimeout}}
	root, token, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	for _, opt := range opts {
		opt(&o)
	}
	if err := checkToken(o.token); err != nil {
		return nil, err
	}
	client := *o.http
	// A redirected POST becomes a GET, and its answer a lie.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{&rest{
		root:   root,
		token:  cmp.Or(o.token, token),
		http:   &client,
		tries:  max(o.tries, 1),
		logger: o.logger,
	}}, nil
}

const (
	// requestTimeout is for one try. Services validate while the sender waits.
	requestTimeout = 2 * time.Minute
	// maxAnswer bounds what is read of an answer: a hundred faults and more.
	maxAnswer = 1 << 20
)

// ServerError is the answer of a service that did not do what it was asked.
type ServerError struct {
	StatusCode int    // of HTTP
	Message    string // the service's own words, "" where it had none
}

func (e *ServerError) Error() string {
	text := fmt.Sprintf("the service answers %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// rest is the backend of a service.
type rest struct {
	root   string
	token  string
	http   *http.Client
	tries  int
	logger *slog.Logger
}

// answer is the body of every answer.
type answer struct {
	ID      string         `json:"id"`
	Status  string         `json:"status"`
	Message string         `json:"message"`
	Faults  []report.Fault `json:"faults"` // of services like ours
	More    int            `json:"more"`
}

func (c *rest) submit(ctx context.Context, text []byte, _ *report.Report) (string, error) {
	a, err := c.do(ctx, http.MethodPost, "/submit", text)
	if err != nil {
		return "", fmt.Errorf("submitting: %w", err)
	}
	if a.ID == "" {
		return "", errors.New("submitting: the answer has no ID: this is not a KCIDB service")
	}
	return a.ID, nil
}

func (c *rest) status(ctx context.Context, id string) (Status, error) {
	a, err := c.do(ctx, http.MethodGet, "/status?id="+url.QueryEscape(id), nil)
	if server, ok := errors.AsType[*ServerError](err); ok && server.StatusCode == http.StatusNotFound {
		return Status{}, fmt.Errorf("submission %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return Status{}, fmt.Errorf("submission %q: %w", id, err)
	}
	return Status{State(a.Status), a.Message}, nil
}

func (c *rest) query(context.Context, Query) iter.Seq2[*report.Report, error] {
	return func(yield func(*report.Report, error) bool) {
		yield(nil, fmt.Errorf("query over HTTP: %w: open the database instead", ErrUnsupported))
	}
}

func (c *rest) close() error {
	c.http.CloseIdleConnections()
	return nil
}

// do sends a request as often as it takes, and returns the answer to it.
func (c *rest) do(ctx context.Context, method, path string, body []byte) (*answer, error) {
	for try := 1; ; try++ {
		a, after, err := c.try(ctx, method, path, body)
		if err == nil || after < 0 || try == c.tries || ctx.Err() != nil {
			return a, err
		}
		pause := backoff(try, after)
		c.logger.Warn("trying again", "try", try, "in", pause, "error", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// try sends a request once. After an error, after is how long the service asks
// to wait before the next try, 0 where it does not say, and less where trying
// again cannot help.
func (c *rest) try(ctx context.Context, method, path string, body []byte) (_ *answer, after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.root+path, bytes.NewReader(body))
	if err != nil {
		return nil, -1, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, 0, err
	}
	var a answer
	parsed := json.Unmarshal(text, &a) == nil
	switch {
	case resp.StatusCode == http.StatusOK && parsed:
		return &a, 0, nil
	case resp.StatusCode == http.StatusOK:
		return nil, -1, errors.New("the answer is not the JSON of a KCIDB service")
	case resp.StatusCode == http.StatusBadRequest && len(a.Faults) > 0:
		return nil, -1, &report.Error{Faults: a.Faults, More: a.More}
	}
	if !parsed {
		a.Message = firstLine(text)
	}
	if to := resp.Header.Get("Location"); to != "" {
		a.Message = "it has moved to " + to
	}
	return nil, retryAfter(resp), &ServerError{resp.StatusCode, a.Message}
}

// firstLine returns the beginning of a text that is not the JSON it should be,
// an error page of a proxy for example.
func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if len(line) > 200 {
		line = line[:200] + "..."
	}
	return strings.ToValidUTF8(line, "?")
}
