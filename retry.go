// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	firstPause = time.Second
	maxPause   = time.Minute
	// maxAsked is the longest wait that a service may ask for. A client that fails is
	// better than a client that waits for hours.
	maxAsked = 5 * time.Minute
)

// backoff returns how long to wait after a try, counted from 1. The wait
// doubles each time, and is up to a fifth shorter by chance, so that clients that were
// refused together do not come back together. It is never shorter than the wait that the
// service asked for.
func backoff(try int, asked time.Duration) time.Duration {
	pause := min(firstPause<<min(try-1, 10), maxPause)
	pause -= rand.N(pause / 5)
	return max(pause, min(asked, maxAsked))
}

// retryAfter returns how long the service asks to wait before the next try: 0 if the
// service does not name a time, and a negative duration if another try cannot help.
func retryAfter(resp *http.Response) time.Duration {
	value := resp.Header.Get("Retry-After")
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	default:
		if value == "" || resp.StatusCode < 500 {
			return -1
		}
	}
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return min(time.Duration(seconds), maxAsked/time.Second) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
