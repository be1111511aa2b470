// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
)

// AnswerTime is how long a host may take to answer, including redirections.
const AnswerTime = 20 * time.Second

// maxConcurrent is the number of concurrent requests. It is small because a few hosts
// serve most URLs.
const maxConcurrent = 4

// CheckURLs requests the home page of each test without reading the page, and
// returns the pages that do not exist, in the order of the tests. A host may take
// as long as the client's Timeout. CheckURLs returns the context's error if the
// context ends first.
func CheckURLs(ctx context.Context, client *http.Client, tests []Test) ([]Problem, error) {
	var homes []string // without duplicates
	first := make(map[string]int)
	for _, t := range tests {
		if _, ok := first[t.Home]; !ok {
			first[t.Home] = len(homes)
			homes = append(homes, t.Home)
		}
	}
	failures := make([]error, len(homes))
	var group errgroup.Group
	group.SetLimit(maxConcurrent)
	for i, home := range homes {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			failures[i] = checkURL(ctx, client, home)
			return nil
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var problems []Problem
	for _, t := range tests {
		if err := failures[first[t.Home]]; err != nil {
			problems = append(problems, problemAt(t.home, "test %q: home %.200s: %v", t.Name, t.Home, err))
		}
	}
	return problems, nil
}

// checkURL requests a URL, and returns an error if it cannot be reached.
func checkURL(ctx context.Context, client *http.Client, home string) error {
	err := ask(ctx, client, http.MethodHead, home)
	if status, ok := errors.AsType[statusError](err); ok && (status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented) {
		return ask(ctx, client, http.MethodGet, home)
	}
	return err
}

func ask(ctx context.Context, client *http.Client, method, home string) error {
	req, err := http.NewRequestWithContext(ctx, method, home, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "kcidb")
	resp, err := client.Do(req)
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if failed.Timeout() {
			return fmt.Errorf("no answer within %v", client.Timeout)
		}
		return failed.Err // without the URL, which is part of the message already
	} else if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode >= 400 {
		return statusError(resp.StatusCode)
	}
	return nil
}

// statusError is an HTTP status which means that the page does not exist.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("answered with %d %s", int(s), http.StatusText(int(s)))
}
