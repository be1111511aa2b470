// SPDX-License-Identifier: Apache-2.0

package front

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Limits bound what clients may ask for. The zero value has the defaults.
type Limits struct {
	// Rate is how many requests an address may send per second, 0 for any number.
	// Burst is how many it may send at once after a pause.
	Rate  float64
	Burst int
	// Proxies are the networks of the proxies whose headers X-Forwarded-For and
	// X-Forwarded-Proto are trusted.
	Proxies []netip.Prefix
	// HSTS is for how many days browsers that came by HTTPS come by HTTPS only, 0 for
	// not telling them.
	HSTS int
	// Known reports whether a client is a submitter of reports, by the headers of its
	// request; nil knows no submitters. The rate of known submitters is not limited.
	Known func(http.Header) bool
	// Hosts are the names by which clients may call the service, in addition to the
	// names of this machine; nil for any name.
	Hosts []string
	// Addresses says that clients may call the service by any IP address, and not only
	// by those among Hosts and by loopback addresses.
	Addresses bool
	// Origins are the sites whose pages may read answers for programs, as
	// SCHEME://HOST[:PORT]; "*" for all sites.
	Origins []string
	// Readers say who may read.
	Readers Readers
	// AtOnce is how many questions of programs are answered at a time, 0 for 16. Pages
	// have a quarter as many slots of their own.
	AtOnce int
	// Time is how long an answer may take, 0 for two minutes. While an answer reads, the
	// database cannot clean up its log. So a slow client must not read for long, and
	// slow clients must not take all connections.
	Time time.Duration
	// Body is how long a client may take to send the body of a request, 0 for a
	// minute, and a second more for each 16 KiB that has arrived.
	Body time.Duration
	// Keep is how long an answer is reused for the same question, 0 for no reuse.
	Keep time.Duration
	// Metrics counts the requests; may be nil.
	Metrics *Metrics
}

// Defaults of the limits, and limits that are fixed.
const (
	atOnce     = 16
	answerTime = 2 * time.Minute
	bodyTime   = time.Minute
	patience   = time.Second      // how long a request waits for a slot
	retryAfter = 10 * time.Second // if no slot was free in time
	// An address gets refusalRate refusals per second, and refusalBurst after a pause, at
	// once. Further ones come after a time up to slowRefusal, because making them costs nearly
	// as much as an answer. The time is random, so that clients do not come back together.
	refusalRate  = 10
	refusalBurst = 50
	slowRefusal  = 4 * time.Second
	lastWords    = 5 * time.Second // to send the error that the time is over

	maxBody       = 4 << 20  // bytes, unless the request is a submission or a task
	maxTaskBody   = 16 << 20 // bytes: a message of Pub/Sub has 10 MB, and a third more in base64
	maxParameters = 1000
	maxHeaders    = 200
)

func (l Limits) complete() Limits {
	l.AtOnce = cmp.Or(max(l.AtOnce, 0), atOnce)
	l.Time = cmp.Or(max(l.Time, 0), answerTime)
	l.Body = cmp.Or(max(l.Body, 0), bodyTime)
	return l
}

// refused refuses a request that must not reach a handler, and reports whether it did.
func (v *request) refused(w http.ResponseWriter, r *http.Request) bool {
	k := v.slots.kind
	switch headers := r.Header; {
	case !v.limits.calledBy(r.Host):
		v.limits.Metrics.Refused("host")
		refuse(w, k, http.StatusMisdirectedRequest, "This is not a name of this service: without a secret it answers to the names of its own machine, "+
			"and to the name in base_url, which the administrator sets")
	case strings.Count(r.URL.RawQuery, "&") >= maxParameters:
		v.limits.Metrics.Refused("size")
		refuse(w, k, http.StatusBadRequest, fmt.Sprintf("The URL has more than %d parameters", maxParameters))
	case len(headers) > maxHeaders:
		v.limits.Metrics.Refused("size")
		refuse(w, k, http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("The request has more than %d headers", maxHeaders))
	default:
		return v.tooOften(w, r)
	}
	return true
}

// tooOften refuses a request if its address sends too many, and reports whether it did.
func (v *request) tooOften(w http.ResponseWriter, r *http.Request) bool {
	k := v.slots.kind
	known := k.forSubmitters() && v.limits.Known != nil && v.limits.Known(r.Header)
	if v.rates == nil || k == Probe || known {
		return false
	}
	from := client(r, v.limits.Proxies)
	wait := v.rates.Take(from, time.Now())
	if wait > 0 {
		v.limits.Metrics.Refused("rate")
		v.slow(r.Context(), from)
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		refuse(w, k, http.StatusTooManyRequests, "Too many requests from your address: try again when the header Retry-After says")
	}
	return wait > 0
}

// slow lets an address wait for a refusal, if it gets too many.
func (f *Front) slow(ctx context.Context, from netip.Addr) {
	if f.refusals.Take(from, time.Now()) == 0 {
		return
	}
	timer := time.NewTimer(rand.N(slowRefusal))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// refuse answers a request with an error, in the shape for its kind.
func refuse(w http.ResponseWriter, k Kind, code int, message string) {
	switch {
	case k.forPrograms() || k == Task:
		Refuse(w, code, message)
	case k.forSubmitters():
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

// Refuse answers the request of a program with an error.
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
