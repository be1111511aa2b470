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

// Page says which part of a list is wanted; inputs embed it. If an answer does not
// reach the end of its list, the header Link has the URL of the next part.
//
// A cursor has at most four texts of 1,024 bytes, the greatest length of IDs and paths,
// which take 5,466 characters.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"10000" doc:"Most elements in the answer. The header Link has the URL of the next page. Without a limit the answer has all elements"`
	Cursor string `query:"cursor" maxLength:"8192" doc:"Where the page begins: taken from the URL in the header Link"`
}

// cursor is a place in a list, directly behind an element: the texts with which the
// list finds that element. No text has a NUL character.
type cursor []string

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(c, "\x00")))
}

// parse returns the cursor that the client sent, which has n texts; nil if it sent
// none.
func (p Page) parse(n int) (cursor, error) {
	if p.Cursor == "" {
		return nil, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(p.Cursor)
	c := cursor(strings.Split(string(text), "\x00"))
	if err != nil || len(c) != n || !validText(strings.Join(c, "")) {
		return nil, errCursor
	}
	return c, nil
}

// errCursor answers a cursor that is not from our header Link.
const errCursor = badRequest("cursor is not from a header Link: leave it out to begin at the first page")

// pageOf returns the wanted page of a list in memory, and sets the header Link. The
// key identifies an element in later requests. If the last element of the page before
// is gone by then, its number in the list counts.
func pageOf[E any](ctx context.Context, p Page, all []E, key func(E) string) ([]E, error) {
	after, err := p.parse(2)
	if err != nil {
		return nil, err
	}
	begin := 0
	if after != nil {
		n, err := strconv.Atoi(after[0])
		if err != nil || n < 1 {
			return nil, errCursor
		}
		if begin = slices.IndexFunc(all, func(e E) bool { return key(e) == after[1] }) + 1; begin == 0 {
			begin = min(n, len(all))
		}
	}
	page := all[begin:]
	if p.Limit > 0 && len(page) > p.Limit {
		page = page[:p.Limit]
		linkNext(ctx, cursor{strconv.Itoa(begin + p.Limit), key(page[p.Limit-1])})
	}
	return page, nil
}

// pageBehind returns the wanted page of a sorted list in memory, and sets the header Link.
// The key of an element has n texts. The function behind returns the elements after a
// key, even if the element with the key is gone.
func pageBehind[E any](ctx context.Context, p Page, all []E, n int, key func(*E) cursor, behind func(cursor) ([]E, error)) ([]E, error) {
	after, err := p.parse(n)
	if err == nil && after != nil {
		all, err = behind(after)
	}
	if err != nil {
		return nil, err
	}
	if p.Limit > 0 && len(all) > p.Limit {
		all = all[:p.Limit]
		linkNext(ctx, key(&all[p.Limit-1]))
	}
	return all, nil
}

// keyedList is a list that is read while it is written. It is read from a key on, so
// that a page costs the same wherever it is in the list.
type keyedList[E any] struct {
	key     func(*E) cursor
	keySize int          // texts in a key
	size    func(*E) int // roughly how many bytes of memory an element takes
	// after returns the elements behind a key, all for nil. It may read ahead for
	// most elements, 0 for the whole list.
	after func(key cursor, most int) (iter.Seq2[E, error], error)
}

// maxHeldPage is how many bytes of a page are held until its end is known.
const maxHeldPage = 4 << 20

// page returns the wanted page, and sets the header Link. It reads the page before it
// returns, because the header comes before the body. It reads a page of more than
// maxHeldPage twice: to hold 10,000 tests, each with a misc of up to 1 MiB, would take
// 10 GiB.
func (l *keyedList[E]) page(ctx context.Context, p Page) (iter.Seq2[E, error], error) {
	after, err := p.parse(l.keySize)
	if err != nil {
		return nil, err
	}
	if p.Limit == 0 {
		return l.after(after, 0)
	}
	rest, err := l.after(after, p.Limit+1)
	if err != nil {
		return nil, err
	}
	var held []E // nil for a page that is too large
	var last E
	n, bytes := 0, 0
	for e, err := range rest {
		if err != nil {
			return nil, err
		}
		if n == p.Limit {
			linkNext(ctx, l.key(&last))
			break
		}
		last = e
		n++
		if bytes += l.size(&e); bytes <= maxHeldPage {
			held = append(held, e)
		} else {
			held = nil
		}
	}
	if len(held) == n {
		return sequence(held), nil
	}
	rest, err = l.after(after, n)
	return firstOf(rest, n), err
}

// sequence returns the elements of a slice.
func sequence[E any](all []E) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// firstOf returns the first n elements of a sequence, at least one.
func firstOf[E any](all iter.Seq2[E, error], n int) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		i := 0
		for e, err := range all {
			if i++; !yield(e, err) || err != nil || i == n {
				return
			}
		}
	}
}

// linkNext sets the header Link to the URL of the page behind a cursor.
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
