// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
)

// answer is the body of every JSON answer. The first three members are always present,
// in this order; old clients know no others.
type answer struct {
	ID      string `json:"id"`
	Status  string `json:"status"`
	Message string `json:"message"`

	// Rejected is the number of objects of the report that are not loaded.
	Rejected int `json:"rejected,omitempty"`
	// Of a report that is not valid, or of its rejected objects.
	Faults  []report.Fault `json:"faults,omitempty"`
	More    int            `json:"more,omitempty"`    // faults beyond those listed
	Stopped bool           `json:"stopped,omitempty"` // the check ended early, so that there may be more

	*findings
	*details
}

// refusal is the answer to a request that failed.
func refusal(message string) answer { return answer{ID: "0", Status: "error", Message: message} }

func write(w http.ResponseWriter, code int, a answer) {
	body, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings, numbers and times only
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(code)
	w.Write(body)
}

// statusGone is logged if the client has gone; no client gets it.
const statusGone = 499

// failure is an error with the answer for the client.
type failure struct {
	code    int
	message string
	cause   error         // for the log; nil if the message says everything
	retry   time.Duration // when to try again; 0 for no advice
}

func (f *failure) Error() string {
	if f.cause != nil {
		return f.cause.Error()
	}
	return f.message
}

// fail answers a submission that was not accepted, counts it and logs it.
func (d *Receiver) fail(w http.ResponseWriter, r *http.Request, token auth.Token, err error) {
	code, a, retry := d.refuse(r.Context(), token, r.RemoteAddr, err)
	front.RetryAfter(w, retry)
	write(w, code, a)
}

// refuse returns the answer to a submission that was not accepted, and when to try again. It
// counts and logs the submission. from is the address of the sender.
func (d *Receiver) refuse(ctx context.Context, token auth.Token, from string, err error) (code int, a answer, retry time.Duration) {
	code, a = http.StatusInternalServerError, refusal("Internal server error")
	var wrong *report.Error
	var failed *failure
	switch {
	case errors.As(err, &wrong):
		code, a = http.StatusBadRequest, refusal(wrong.Error())
		a.Faults, a.More, a.Stopped = wrong.Faults, wrong.More, wrong.Stopped
	case errors.As(err, &failed):
		code, a, retry = failed.code, refusal(failed.message), failed.retry
	}
	level := slog.LevelInfo
	switch {
	case code >= 500:
		level = slog.LevelError
		d.Metrics.systemErrors.Inc()
	case code != http.StatusUnauthorized && code != http.StatusTooManyRequests:
		d.Metrics.userErrors.Inc()
	}
	if wrong != nil {
		d.Metrics.faulty(token.Origin(), wrong.Faults)
	}
	reason := err.Error()
	if wrong != nil && len(wrong.Faults) > 0 {
		reason = wrong.Faults[0].String()
	}
	d.Log.LogAttrs(ctx, level, "submission refused", slog.Int("code", code),
		slog.String("origin", token.Origin()), slog.String("token", token.ID), slog.String("from", from), slog.String("reason", reason))
	return code, a, retry
}
