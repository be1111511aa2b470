// SPDX-License-Identifier: Apache-2.0

package crawl

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// answer is an answer of the site.
type answer struct {
	url    *url.URL // after redirects, without a fragment
	status int
	header http.Header
	body   []byte
}

// get asks for a URL as a browser does, and follows redirects.
func (c *run) get(ctx context.Context, at string) (*answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	resp, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return &answer{url: resp.Request.URL, status: resp.StatusCode, header: resp.Header, body: body}, err
}

// stays returns an error for a redirect to another host, and for a long chain of redirects.
func (c *run) stays(r *http.Request, via []*http.Request) error {
	if !c.ours(r.URL) {
		return fmt.Errorf("a redirect to another host: %s", r.URL)
	}
	if len(via) > 3 {
		return fmt.Errorf("more than 3 redirects, the last to %s", r.URL)
	}
	return nil
}

// ours reports whether a URL is of this site.
func (c Crawl) ours(u *url.URL) bool { return u.Scheme+"://"+u.Host == c.URL }

// kindOf returns the route of a URL, its path with * for each segment after the first, and
// its kind: the route with the names of the parameters.
func kindOf(u *url.URL) (kind, route string) {
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	if segments[0] != "api" { // the paths of the API are names, not IDs
		for i := range segments[1:] {
			if segments[i+1] != "" {
				segments[i+1] = "*"
			}
		}
	}
	route = "/" + strings.Join(segments, "/")
	return route + "?" + strings.Join(slices.Sorted(maps.Keys(u.Query())), "&"), route
}
