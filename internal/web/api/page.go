// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/base64"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Page is which part of a list is asked for; inputs embed it. An answer that was
// cut has a header Link with the URL of what follows.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" doc:"How many elements there may be in the answer. What follows is at the URL in the header Link. Without it all are."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"Where to go on: from the URL in the header Link"`
}

// cursor is a place in a list: behind the nth element, which has a key. Where that
// is gone, its number is what counts.
type cursor struct {
	n   int
	key string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(c.n) + " " + c.key))
}

// parse reads the cursor that was sent, if any.
func (p Page) parse() (c cursor, err error) {
	if p.Cursor == "" {
		return c, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	n, key, ok := strings.Cut(string(text), " ")
	c.key = key
	if err == nil {
		c.n, err = strconv.Atoi(n)
	}
	if err != nil || !ok || c.n < 1 {
		return c, badRequest("cursor is none that was in a header Link: leave it out to begin anew")
	}
	return c, nil
}

// pageOf returns the part of a list that is asked for, and sets the header that
// tells where the rest is. A key identifies an element, next time as well.
func pageOf[E any](ctx context.Context, p Page, all []E, key func(E) string) ([]E, error) {
	after, err := p.parse()
	if err != nil {
		return nil, err
	}
	if after.n > 0 {
		i := slices.IndexFunc(all, func(e E) bool { return key(e) == after.key })
		if i < 0 {
			i = min(after.n, len(all)) - 1
		}
		after.n = i + 1
		all = all[after.n:]
	}
	if p.Limit > 0 && len(all) > p.Limit {
		all = all[:p.Limit]
		linkNext(ctx, cursor{after.n + p.Limit, key(all[p.Limit-1])})
	}
	return all, nil
}

// pageOfStream is pageOf for a list that is not held in memory. It is gone through
// twice where a part is asked for, for the header comes before the body.
func pageOfStream[E any](ctx context.Context, p Page, all iter.Seq2[E, error], key func(E) string) (iter.Seq2[E, error], error) {
	after, err := p.parse()
	if err != nil || after.n == 0 && p.Limit == 0 {
		return all, err
	}
	from := 0
	if after.n > 0 {
		if from, err = find(all, after, key); err != nil {
			return nil, err
		}
	}
	if p.Limit == 0 {
		return slice(all, from, -1), nil
	}
	n, last := from, ""
	for e, err := range slice(all, from, p.Limit+1) {
		if err != nil {
			return nil, err
		}
		if n++; n > from+p.Limit {
			linkNext(ctx, cursor{from + p.Limit, last})
			break
		}
		last = key(e)
	}
	return slice(all, from, p.Limit), nil
}

// find returns how many elements there are up to a place.
func find[E any](all iter.Seq2[E, error], after cursor, key func(E) string) (n int, err error) {
	for e, err := range all {
		if err != nil {
			return 0, err
		}
		if n++; key(e) == after.key {
			return n, nil
		}
	}
	return min(after.n, n), nil
}

// slice returns n elements of a list from an index on, -1 for all.
func slice[E any](all iter.Seq2[E, error], from, n int) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		i := 0
		for e, err := range all {
			if err == nil && i < from {
				i++
				continue
			}
			if i++; !yield(e, err) || err != nil || i-from == n {
				return
			}
		}
	}
}

// linkNext sets the header with the URL of what follows a place.
func linkNext(ctx context.Context, c cursor) {
	hc, ok := ctx.Value(headerKey{}).(huma.Context)
	if !ok {
		return
	}
	u := hc.URL()
	query := u.Query()
	query.Set("cursor", c.String())
	hc.SetHeader("Link", "<"+u.EscapedPath()+"?"+query.Encode()+`>; rel="next"`)
}
