// SPDX-License-Identifier: Apache-2.0

// Package api answers programs that ask for what is in the store. It needs no
// token, as the pages do not: results are public.
package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web"
)

// Bounds of the requests being answered. One that reads holds back the cleaning
// of the database's log, so that a client that reads slowly must not hold it
// for long, nor many of them all the connections.
const (
	atOnce     = 16
	answerTime = 2 * time.Minute
	retryAfter = 10 * time.Second
)

// API answers for the paths below /api.
type API struct {
	store   store.Store
	log     *slog.Logger
	answers chan struct{} // as many as there may be at once
	within  time.Duration // how long one may take
}

// New returns an API to a store.
func New(st store.Store, log *slog.Logger) *API {
	return &API{store: st, log: log, answers: make(chan struct{}, atOnce), within: answerTime}
}

// Routes adds the API's paths to a mux.
func (a *API) Routes(mux *http.ServeMux) {
	report := a.bounded(a.report)
	mux.Handle("/api/report", web.Methods{http.MethodGet: report, http.MethodPost: report})
}

// bounded returns a handler that answers no more requests at a time than
// there may be, each in bounded time.
func (a *API) bounded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case a.answers <- struct{}{}:
			defer func() { <-a.answers }()
		default:
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
			refuse(w, http.StatusServiceUnavailable, "Too many requests are being answered: try again in a while")
			return
		}
		// Deadlines need a connection; in a test without one nobody trickles.
		connection := http.NewResponseController(w)
		end := time.Now().Add(a.within)
		connection.SetReadDeadline(end)
		connection.SetWriteDeadline(end)
		defer connection.SetReadDeadline(time.Time{})
		defer connection.SetWriteDeadline(time.Time{})
		h(w, r)
	}
}

// refuse answers a request with why there is nothing else to answer.
func refuse(w http.ResponseWriter, code int, message string) {
	body, err := json.Marshal(map[string]string{"error": message})
	if err != nil {
		panic(err) // a string
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	w.Write(body)
}
