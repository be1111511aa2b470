// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// Limits bound what clients may ask for.
type Limits struct {
	// Rate is how many requests an address may send in a second, 0 for any number;
	// Burst is how many at once, when it sent none for a while.
	Rate  float64
	Burst int
	// Proxies are who is believed when they say for whom they ask, in the header
	// X-Forwarded-For.
	Proxies []netip.Prefix
	// AtOnce is how many requests are being answered at a time, 0 for 16.
	AtOnce int
	// Time is how long an answer may take, 0 for two minutes. A request that reads
	// holds back the cleaning of the database's log, so that a client that reads
	// slowly must not hold it for long, nor many of them all the connections.
	Time time.Duration
	// Keep is how long an answer is given to others who ask for the same, 0 for not
	// at all.
	Keep time.Duration
}

// Defaults of the limits, and what goes with them.
const (
	atOnce     = 16
	answerTime = 2 * time.Minute
	patience   = time.Second      // for one of those places
	retryAfter = 10 * time.Second // when there was none
	lastWords  = 5 * time.Second  // to say that the time is over
)

// rated returns a handler that sends away an address that asks too often.
func (a *API) rated(h http.HandlerFunc) http.HandlerFunc {
	if a.Limits.Rate <= 0 {
		return h
	}
	rates := newRates(a.Limits.Rate, a.Limits.Burst)
	return func(w http.ResponseWriter, r *http.Request) {
		if wait := rates.take(client(r, a.Limits.Proxies), time.Now()); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
			refuse(w, http.StatusTooManyRequests, "Too many requests from your address: try again when the header Retry-After says")
			return
		}
		h(w, r)
	}
}

// timed returns a handler whose clients cannot take longer to send or to read than
// there is time.
func (a *API) timed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// Deadlines need a connection; in a test without one nobody trickles.
		connection := http.NewResponseController(w)
		end := time.Now().Add(a.within + lastWords)
		if r.ContentLength != 0 {
			connection.SetReadDeadline(end) // the server resets it for the next request
		}
		connection.SetWriteDeadline(end)
		defer connection.SetWriteDeadline(time.Time{})
		h(w, r)
		connection.Flush() // before the deadline goes
	}
}

// bounded returns a handler that answers no more requests at a time than
// there may be, each in bounded time.
func (a *API) bounded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), a.within)
		defer cancel()
		select {
		case a.answers <- struct{}{}:
		default:
			if !a.wait(ctx) {
				w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
				refuse(w, http.StatusServiceUnavailable, "Too many requests are being answered: try again in a while")
				return
			}
		}
		defer func() { <-a.answers }()
		r = r.WithContext(ctx)
		if r.ContentLength != 0 {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		h(w, r)
	}
}

// wait waits a moment for a place among those that are answered.
func (a *API) wait(ctx context.Context) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a.answers <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}
