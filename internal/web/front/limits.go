// SPDX-License-Identifier: Apache-2.0

package front

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Limits bound what clients may ask for. The zero value has the defaults.
type Limits struct {
	// Rate is how many requests an address may send in a second, 0 for any number;
	// Burst is how many at once, when it sent none for a while.
	Rate  float64
	Burst int
	// Proxies are who is believed when they say for whom they ask, in the header
	// X-Forwarded-For.
	Proxies []netip.Prefix
	// Known tells whether a sender of reports is known, by the headers of its
	// request; nil knows none. No rate bounds known senders.
	Known func(http.Header) bool
	// Hosts are the names by which the service may be called beside those of this
	// machine; nil is any name.
	Hosts []string
	// Addresses: the service may be called by any IP address, not only by those of
	// Hosts and the loopback ones.
	Addresses bool
	// Origins are the sites whose pages may show what programs ask, as
	// SCHEME://HOST[:PORT]; "*" is all.
	Origins []string
	// AtOnce is how many questions of programs are being answered at a time, 0 for
	// 16. Pages have a quarter as many places of their own.
	AtOnce int
	// Time is how long an answer may take, 0 for two minutes. A request that reads
	// holds back the cleaning of the database's log, so that a client that reads
	// slowly must not hold it for long, nor many of them all the connections.
	Time time.Duration
	// Body is how long a client may take to send the body of a request, 0 for a
	// minute. It has a second more for each 16 KiB that arrived.
	Body time.Duration
	// Keep is how long an answer is given to others who ask for the same, 0 for not
	// at all.
	Keep time.Duration
}

// Defaults of the limits, and what goes with them.
const (
	atOnce     = 16
	answerTime = 2 * time.Minute
	bodyTime   = time.Minute
	patience   = time.Second      // for one of those places
	retryAfter = 10 * time.Second // when there was none
	lastWords  = 5 * time.Second  // to say that the time is over

	maxBody       = 4 << 20 // bytes, of what is no submission
	maxParameters = 1000
	maxHeaders    = 200
)

func (l Limits) complete() Limits {
	l.AtOnce = cmp.Or(max(l.AtOnce, 0), atOnce)
	l.Time = cmp.Or(max(l.Time, 0), answerTime)
	l.Body = cmp.Or(max(l.Body, 0), bodyTime)
	return l
}

// refused answers a request that must not reach a handler, and tells whether it
// did.
func (v *visit) refused(w http.ResponseWriter, r *http.Request) bool {
	k := v.lane.kind
	switch headers := r.Header; {
	case !v.limits.calledBy(r.Host):
		refuse(w, k, http.StatusMisdirectedRequest, "This service is not called so: without a secret it answers to the names of its own machine, "+
			"and to that of base_url, which the administrator sets")
	case strings.Count(r.URL.RawQuery, "&") >= maxParameters:
		refuse(w, k, http.StatusBadRequest, fmt.Sprintf("The URL has more than %d parameters", maxParameters))
	case len(headers) > maxHeaders:
		refuse(w, k, http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("The request has more than %d headers", maxHeaders))
	default:
		return v.tooOften(w, r)
	}
	return true
}

// tooOften refuses an address that asks too often.
func (v *visit) tooOften(w http.ResponseWriter, r *http.Request) bool {
	k := v.lane.kind
	known := k.forSenders() && v.limits.Known != nil && v.limits.Known(r.Header)
	if v.rates == nil || k == Probe || known {
		return false
	}
	wait := v.rates.take(client(r, v.limits.Proxies), time.Now())
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		refuse(w, k, http.StatusTooManyRequests, "Too many requests from your address: try again when the header Retry-After says")
	}
	return wait > 0
}

// refuse answers a request of a kind with why there is no other answer.
func refuse(w http.ResponseWriter, k Kind, code int, message string) {
	switch {
	case k.forPrograms():
		Refuse(w, code, message)
	case k.forSenders():
		writeJSON(w, code, struct {
			ID      string `json:"id"`
			Status  string `json:"status"`
			Message string `json:"message"`
		}{"0", "error", message})
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(code)
		fmt.Fprintln(w, message)
	}
}

// Refuse answers the request of a program with why there is no other answer.
func Refuse(w http.ResponseWriter, code int, message string) {
	writeJSON(w, code, map[string]string{"error": message})
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	w.Write(body)
}
