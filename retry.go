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
	// maxAsked bounds what a service may ask for: better to fail, and say so,
	// than to sit there for hours.
	maxAsked = 5 * time.Minute
)

// backoff returns how long to wait after the try with the number given, from 1:
// twice as long each time, and up to a fifth less by chance, so that those who
// were turned away together do not come back together. What the service asked
// for is the least.
func backoff(try int, asked time.Duration) time.Duration {
	pause := min(firstPause<<min(try-1, 10), maxPause)
	pause -= rand.N(pause / 5)
	return max(pause, min(asked, maxAsked))
}

// retryAfter returns how long the service asks to wait before the next try, 0
// where it does not say, and less where trying again cannot help.
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
