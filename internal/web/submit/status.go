// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/store"
)

// details are the members of an answer about a submission that old clients do not know.
type details struct {
	Origin   string     `json:"origin,omitempty"`
	Token    string     `json:"token,omitempty"` // its ID
	Received *time.Time `json:"received,omitempty"`
	Finished *time.Time `json:"finished,omitempty"`
	Bytes    int64      `json:"bytes,omitempty"`
	Objects  int        `json:"objects,omitempty"`
	Reason   string     `json:"reason,omitempty"` // why it failed
}

func (d *Receiver) status(w http.ResponseWriter, r *http.Request) {
	token, err := d.Auth.Token(r.Context(), r.Header)
	if err != nil {
		write(w, http.StatusUnauthorized, refusal(err.Error()))
		return
	}
	if !token.Roles.Has(auth.Submit) && !token.Roles.Has(auth.Issue) {
		write(w, http.StatusForbidden, refusal("The token may not ask for submissions: it needs the role submit or issue"))
		return
	}
	query := r.URL.Query()
	id := query.Get("id")
	switch {
	case !query.Has("id"):
		http.Error(w, "The parameter id is missing", http.StatusBadRequest)
		return
	case id == "":
		write(w, http.StatusBadRequest, refusal("Empty id"))
		return
	case !alphanumeric(id):
		write(w, http.StatusBadRequest, refusal("Invalid id"))
		return
	}
	state, err := d.Find(r.Context(), id)
	if err != nil {
		d.Log.LogAttrs(r.Context(), slog.LevelError, "status not found", slog.String("id", id), slog.Any("error", err))
		d.Metrics.systemErrors.Inc()
		write(w, http.StatusInternalServerError, refusal("Internal server error"))
		return
	}
	code, a := answerOf(state)
	a.ID = id
	write(w, code, a)
}

// Stage is how far a submission came.
type Stage int

// The stages.
const (
	Unknown Stage = iota // no submission has the ID
	Unsure               // it waits or is unknown: the queue cannot tell
	Waiting              // it is in the queue
	Loaded               // its objects are in the database
	GivenUp              // it was not loaded, and the receipt says why
)

// State is the state of a submission. A receipt exists from the stage Loaded on.
type State struct {
	Stage   Stage
	Receipt store.Receipt
}

func stateOf(r store.Receipt) State {
	if r.Failure != "" {
		return State{GivenUp, r}
	}
	return State{Loaded, r}
}

// Find returns the state of a submission. It asks the store a second time at the end,
// because the submission may have been loaded between the questions to store and queue.
func (d *Receiver) Find(ctx context.Context, id string) (State, error) {
	receipt, err := d.Store.Receipt(ctx, id)
	if err == nil && receipt.Failure == "" {
		return stateOf(receipt), nil
	}
	if err != nil && !errors.Is(err, store.ErrNoReceipt) {
		return State{}, err
	}
	// A dead letter may have been restored to the queue.
	pending, err := d.Queue.Pending(ctx, id)
	unsure := errors.Is(err, queue.ErrUnsupported)
	if err != nil && !unsure {
		return State{}, err
	}
	if pending {
		return State{Stage: Waiting}, nil
	}
	receipt, err = d.Store.Receipt(ctx, id)
	if err == nil {
		return stateOf(receipt), nil
	}
	if !errors.Is(err, store.ErrNoReceipt) {
		return State{}, err
	}
	if unsure {
		if receipt, ok := d.givenUp(ctx, id); ok {
			return stateOf(receipt), nil
		}
		// Most IDs without a receipt are of submissions that wait.
		return State{Stage: Unsure}, nil
	}
	// The queue gives up a message that was delivered too often.
	switch letter, err := d.Queue.DeadLetter(ctx, id); {
	case err == nil:
		return stateOf(failed(letter)), nil
	case !errors.Is(err, queue.ErrNotFound):
		return State{}, err
	}
	return State{}, nil
}

// FindIn returns the state of a submission as far as a database knows it that has not all
// receipts, such as the public one. Other submissions wait or are unknown.
func (d *Receiver) FindIn(ctx context.Context, st store.Store, id string) (State, error) {
	pending, err := d.Queue.Pending(ctx, id)
	unsure := errors.Is(err, queue.ErrUnsupported)
	if err != nil && !unsure {
		return State{}, err
	}
	switch receipt, err := st.Receipt(ctx, id); {
	case err == nil && (receipt.Failure == "" || !pending):
		return stateOf(receipt), nil
	case err != nil && !errors.Is(err, store.ErrNoReceipt):
		return State{}, err
	case pending:
		return State{Stage: Waiting}, nil
	case unsure:
		return State{Stage: Unsure}, nil
	}
	return State{}, nil
}

// answerOf returns the answer about a submission. Its messages are those of the REST
// service that CI systems used before, because clients may compare them.
func answerOf(s State) (int, answer) {
	switch s.Stage {
	case Unknown:
		return http.StatusNotFound, answer{Status: "notfound", Message: "File not found"}
	case Unsure:
		return http.StatusOK, answer{Status: "ready", Message: "File waiting for processing, or unknown"}
	case Waiting:
		return http.StatusOK, answer{Status: "ready", Message: "File waiting for processing"}
	}
	return http.StatusOK, receiptAnswer(s.Receipt)
}

// receiptAnswer returns the answer for a receipt.
func receiptAnswer(r store.Receipt) answer {
	a := answer{Status: "processed", Message: "File archived", Rejected: r.Rejected, details: &details{
		Origin: r.Origin, Token: r.Token, Received: new(r.Received.UTC()), Finished: new(r.Finished.UTC()),
		Bytes: r.Bytes, Objects: r.Objects, Reason: r.Failure,
	}}
	if r.Failure != "" {
		a.Status, a.Message = "failed", "File failed to pass validation"
	}
	return a
}

// IsID reports whether a text can be the ID of a submission: letters and digits.
func IsID(s string) bool { return s != "" && alphanumeric(s) }

func alphanumeric(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		default:
			return false
		}
	}
	return true
}
