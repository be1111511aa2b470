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
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Connect returns a client of the service at the address,
// [http://|https://][TOKEN@]HOST[:PORT]. The default is https, and a path has no effect.
// CI systems keep the address in the environment variable KCIDB_REST. Connect sends
// nothing.
//
// The client tries a request again if it fails for a temporary reason: no connection,
// the statuses 429, 502, 503 and 504, and any 5xx status with a Retry-After header. A
// report may then arrive twice, because an answer may be lost on its way. That does no
// harm. A request may take two minutes, including reading the answer, or the timeout of
// the client set by WithHTTPClient.
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
	// A redirected POST would become a GET, and its answer would not be about the report.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return NewClient(&service{
		root:   root,
		token:  cmp.Or(o.token, token),
		http:   &client,
		tries:  max(o.tries, 1),
		logger: o.logger,
	}), nil
}

const (
	// requestTimeout is for one try. Services validate the report while the sender waits.
	requestTimeout = 2 * time.Minute
	// maxAnswer is how much of an answer is read: enough for 100 faults and 100 repairs.
	maxAnswer = 1 << 20
)

// ServerError is the answer of a service that refused a request or failed.
type ServerError struct {
	StatusCode int    // of HTTP
	Message    string // from the service; may be ""
}

// Error returns the status and the message.
func (e *ServerError) Error() string {
	text := fmt.Sprintf("the service answers %d %s", e.StatusCode, http.StatusText(e.StatusCode))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// service is the backend that speaks to a service.
type service struct {
	root   string
	token  string
	http   *http.Client
	tries  int
	logger *slog.Logger
}

// answer is the body of an answer, except for answers with objects.
type answer struct {
	Receipt        // all members but the ID are of services like ours
	Status  string `json:"status"`
	Message string `json:"message"`
	Stopped bool   `json:"stopped"`
	Error   string `json:"error"` // the message of paths below /api
}

func (s *service) Submit(ctx context.Context, text []byte, _ *report.Report) (string, error) {
	r, err := s.submit(ctx, text, "/submit?strict=1")
	if err != nil {
		return "", err
	}
	return r.ID, nil
}

// submit sends a report to a path.
func (s *service) submit(ctx context.Context, text []byte, path string) (*Receipt, error) {
	a, err := s.ask(ctx, request{http.MethodPost, path, "application/json", text})
	if err != nil {
		return nil, fmt.Errorf("submitting: %w", err)
	}
	if a.ID == "" {
		return nil, errors.New("submitting: the answer has no ID: this is not a KCIDB service")
	}
	return &a.Receipt, nil
}

func (s *service) Status(ctx context.Context, id string) (Status, error) {
	a, err := s.ask(ctx, request{method: http.MethodGet, path: "/status?id=" + url.QueryEscape(id)})
	if server, ok := errors.AsType[*ServerError](err); ok && server.StatusCode == http.StatusNotFound {
		return Status{}, fmt.Errorf("submission %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return Status{}, fmt.Errorf("submission %q: %w", id, err)
	}
	return Status{State(a.Status), a.Message}, nil
}

func (s *service) Close() error {
	s.http.CloseIdleConnections()
	return nil
}

// request is a request to a service.
type request struct {
	method, path string
	contentType  string // of the body
	body         []byte
}

// ask sends a request and returns the answer, which must be the JSON of a KCIDB service.
func (s *service) ask(ctx context.Context, r request) (a *answer, err error) {
	err = s.send(ctx, r, func(body io.Reader) error {
		text, err := io.ReadAll(io.LimitReader(body, maxAnswer))
		if err != nil {
			return errPassing{err}
		}
		if json.Unmarshal(text, &a) != nil {
			return errors.New("the answer is not the JSON of a KCIDB service")
		}
		return nil
	})
	return a, err
}

// errPassing is a temporary error of reading an answer.
type errPassing struct{ error }

// send sends a request, several times if necessary, and calls read with the body of the
// answer. It does not try again after an error of read, unless that is an errPassing.
func (s *service) send(ctx context.Context, r request, read func(io.Reader) error) error {
	for try := 1; ; try++ {
		after, err := s.sendOnce(ctx, r, read)
		if err == nil || after < 0 || try == s.tries || ctx.Err() != nil {
			return err
		}
		pause := backoff(try, after)
		s.logger.Warn("trying again", "try", try, "in", pause, "error", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// sendOnce sends a request once. With an error it returns how long the service asks to wait
// before the next try: 0 if the service does not name a time, and a negative duration if
// another try cannot help.
func (s *service) sendOnce(ctx context.Context, r request, read func(io.Reader) error) (after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, r.method, s.root+r.path, bytes.NewReader(r.body))
	if err != nil {
		return -1, err
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		err := read(resp.Body)
		if _, passing := errors.AsType[errPassing](err); passing {
			return 0, err
		}
		return -1, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, err
	}
	return retryAfter(resp), refused(resp, text)
}

// refused returns the error in an answer.
func refused(resp *http.Response, text []byte) error {
	var a answer
	parsed := json.Unmarshal(text, &a) == nil
	if resp.StatusCode == http.StatusBadRequest && len(a.Faults) > 0 {
		return &report.Error{Faults: a.Faults, More: a.More, Stopped: a.Stopped}
	}
	message := cmp.Or(a.Message, a.Error)
	if !parsed {
		message = firstLine(text)
	}
	if to := resp.Header.Get("Location"); to != "" {
		message = "it has moved to " + to
	}
	return &ServerError{resp.StatusCode, message}
}

// firstLine returns the beginning of a text that should be JSON, and is an error page of
// a proxy for example.
func firstLine(text []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if len(line) > 200 {
		line = line[:200] + "..."
	}
	return strings.ToValidUTF8(line, "?")
}
