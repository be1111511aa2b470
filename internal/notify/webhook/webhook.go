// SPDX-License-Identifier: Apache-2.0

// Package webhook sends notifications to other services: a POST of JSON, signed with a
// shared secret.
//
// The request has these headers:
//
//	X-KCIDB-Delivery: ID of the delivery, the same when it is tried again
//	X-KCIDB-Timestamp: when it was sent, in seconds since 1970 UTC
//	X-KCIDB-Signature-256: sha256=HEX, of HMAC-SHA256(SECRET, TIMESTAMP + "." + BODY)
//
// A receiver checks the signature, with Verify for example, refuses a timestamp that is
// minutes off, and ignores a delivery that it had before. Then no third party can send
// it a message, or an old message again. Any 2xx answer accepts the delivery.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
)

// The headers of a delivery.
const (
	HeaderDelivery  = "X-KCIDB-Delivery"
	HeaderTimestamp = "X-KCIDB-Timestamp"
	HeaderSignature = "X-KCIDB-Signature-256"
)

// Hook is a service that gets notifications. Its URL may contain a secret, so errors
// and prints of a hook show at most the host.
type Hook struct {
	Name   string
	URL    string      // see CheckURL
	Secret secret.Text // "" to sign nothing
	From   secret.Text // a reference to the secret, for the caller of Send to read; "" for none
}

// String returns the name.
func (h Hook) String() string { return h.Name }

// GoString returns the name.
func (h Hook) GoString() string { return strconv.Quote(h.Name) }

// LogValue returns the name.
func (h Hook) LogValue() slog.Value { return slog.StringValue(h.Name) }

// Sender delivers to hooks. The zero Sender is ready, and its methods may be called
// concurrently.
type Sender struct {
	// Client sends the requests; nil for that of NewClient. Redirects are never
	// followed.
	Client  *http.Client
	Timeout time.Duration    // for a delivery; 30 seconds if 0
	Now     func() time.Time // the clock; nil for time.Now
}

// maxText is how much of an answer an error shows. maxAnswer is how much of it is read,
// so that the connection can be used again.
const (
	maxText   = 200
	maxAnswer = 64 << 10
)

var defaultClient = NewClient()

// Send sends the body, which is JSON, to the hook. A nil error means that the hook
// accepted it; other errors are an *Error.
func (s *Sender) Send(ctx context.Context, hook Hook, id string, body []byte) error {
	u, err := parse(hook.URL)
	if err != nil {
		return &Error{Hook: hook.Name, Text: err.Error(), Refused: true, err: err}
	}
	if id == "" || len(id) > 200 || !printable(id) {
		err := errors.New("the delivery's ID cannot be in a header")
		return &Error{Hook: hook.Name, Text: err.Error(), Refused: true, err: err}
	}
	timeout := s.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := s.request(ctx, u, hook.Secret, id, body)
	if err != nil {
		return &Error{Hook: hook.Name, Text: "the request could not be made", Refused: true}
	}
	response, err := s.client().Do(request)
	if err != nil {
		return noAnswer(hook, u, err)
	}
	defer response.Body.Close()
	// The status decides, even if reading the body fails.
	text, err := io.ReadAll(io.LimitReader(response.Body, maxText))
	if err == nil {
		_, _ = io.CopyN(io.Discard, response.Body, maxAnswer)
	}
	if response.StatusCode/100 == 2 {
		return nil
	}
	return answered(hook, u, response, text, s.now())
}

func (s *Sender) request(ctx context.Context, u *url.URL, key secret.Text, id string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "kcidb-webhook")
	request.Header.Set(HeaderDelivery, id)
	request.Header.Set(HeaderTimestamp, timestamp)
	if key != "" {
		request.Header.Set(HeaderSignature, sign(key, timestamp, body))
	}
	return request, nil
}

func (s *Sender) client() *http.Client {
	client := *defaultClient
	if s.Client != nil {
		client = *s.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func (s *Sender) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func sign(key secret.Text, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%s.", timestamp)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Verify reports whether the signature in the header matches the key, the timestamp and
// the body. The receiver itself must check that the timestamp is recent. With an empty
// key, Verify returns false.
func Verify(key secret.Text, timestamp, signature string, body []byte) bool {
	return key != "" && hmac.Equal([]byte(signature), []byte(sign(key, timestamp, body)))
}

func printable(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}
