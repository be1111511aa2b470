// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

type pageInput struct {
	Page
	Name string `path:"name"`
}

// pagesOf returns an API with the same list in four ways: held in memory, held in memory
// with a sorted key, streamed, and streamed with pages that are too large to be held.
func pagesOf(list *[]string) *API {
	a := New(Config{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	key := func(s string) string { return s }
	answer(a.registry, operation{plain: true, path: "/api/held/{name}"}, func(ctx context.Context, in *pageInput) ([]string, error) {
		return pageOf(ctx, in.Page, *list, key)
	})
	answer(a.registry, operation{plain: true, path: "/api/sorted/{name}"}, func(ctx context.Context, in *pageInput) ([]string, error) {
		page, err := pageBehind(ctx, in.Page, *list, 1, func(s *string) cursor { return cursor{*s} }, func(key cursor) ([]string, error) {
			return slices.DeleteFunc(slices.Clone(*list), func(s string) bool { return s <= key[0] }), nil
		})
		return append([]string{}, page...), err
	})
	for kind, size := range map[string]int{"streamed": 1, "large": maxHeldPage} {
		stream[pageInput, []string](a.registry, operation{plain: true, path: "/api/" + kind + "/{name}"}, func(ctx context.Context, in *pageInput, w io.Writer) error {
			streamed := sorted(func() []string { return *list }, size, nil)
			part, err := streamed.page(ctx, in.Page)
			if err != nil {
				return err
			}
			all := []string{}
			for s, err := range part {
				if err != nil {
					return err
				}
				all = append(all, s)
			}
			return jsonv2.MarshalWrite(w, all)
		})
	}
	return a
}

// sorted returns a sorted list as a keyed one, with elements of a size. The list ends
// with an error unless that is nil.
func sorted(list func() []string, size int, failure error) *keyedList[string] {
	return &keyedList[string]{
		keySize: 1,
		key:     func(s *string) cursor { return cursor{*s} },
		size:    func(*string) int { return size },
		after: func(key cursor, _ int) (iter.Seq2[string, error], error) {
			return func(yield func(string, error) bool) {
				for _, s := range list() {
					if (key == nil || s > key[0]) && !yield(s, nil) {
						return
					}
				}
				if failure != nil {
					yield("", failure)
				}
			}, nil
		},
	}
}

// The cursor behind a test whose IDs and path have the greatest length is accepted.
func TestLongestCursor(t *testing.T) {
	longest := cursor(slices.Repeat([]string{strings.Repeat("é", 512)}, 4))
	list := &keyedList[string]{
		keySize: len(longest),
		key:     func(*string) cursor { return longest },
		size:    func(s *string) int { return len(*s) },
		after: func(key cursor, _ int) (iter.Seq2[string, error], error) {
			return func(yield func(string, error) bool) {
				_ = key == nil && yield("first", nil) && yield("second", nil)
			}, nil
		},
	}
	a := New(Config{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	stream[pageInput, []string](a.registry, operation{plain: true, path: "/api/long/{name}"}, func(ctx context.Context, in *pageInput, w io.Writer) error {
		part, err := list.page(ctx, in.Page)
		if err != nil {
			return err
		}
		for _, err := range part {
			if err != nil {
				return err
			}
		}
		return jsonv2.MarshalWrite(w, []string{})
	})
	first := httptest.NewRecorder()
	a.ServeHTTP(first, httptest.NewRequest("GET", "/api/long/x?limit=1", nil))
	next, _, ok := strings.Cut(strings.TrimPrefix(first.Header().Get("Link"), "<"), ">")
	if !ok {
		t.Fatalf("no next page: %d %s", first.Code, first.Body)
	}
	second := httptest.NewRecorder()
	a.ServeHTTP(second, httptest.NewRequest("GET", next, nil))
	if second.Code != 200 {
		t.Errorf("the next page has status %d: %s", second.Code, second.Body)
	}
}

// Going from page to page shows each element once, with any limit and any other
// parameters in the URL.
func TestPages(t *testing.T) {
	list := make([]string, 23)
	for i := range list {
		list[i] = fmt.Sprintf("%02d é", i)
	}
	a := pagesOf(&list)
	for _, kind := range []string{"held", "sorted", "streamed", "large"} {
		for limit := range 25 {
			next := "/api/" + kind + "/a%2Fb?x=1%26&x=2"
			if limit > 0 {
				next += "&limit=" + strconv.Itoa(limit)
			}
			var got []string
			for pages := 0; next != "" && pages < 30; pages++ {
				w := httptest.NewRecorder()
				a.router.ServeHTTP(w, httptest.NewRequest("GET", next, nil))
				var part []string
				if err := jsonv2.Unmarshal(w.Body.Bytes(), &part); w.Code != 200 || err != nil || limit > 0 && len(part) > limit {
					t.Fatalf("%s: %d %s", next, w.Code, w.Body)
				}
				got = append(got, part...)
				next = nextOf(w.Header().Get("Link"))
				if next != "" && (!strings.HasPrefix(next, "/api/"+kind+"/a%2Fb?") || !strings.Contains(next, "&x=1%26&x=2")) {
					t.Fatal(next)
				}
			}
			if !slices.Equal(got, list) {
				t.Errorf("%s by %d: %q", kind, limit, got)
			}
		}
	}
}

func nextOf(link string) string {
	link, _ = strings.CutPrefix(link, "<")
	link, _ = strings.CutSuffix(link, `>; rel="next"`)
	return link
}

// Elements that come or go between two pages make a client neither miss nor see twice
// another element. If the last element of the page before is gone, its number counts
// in a list in memory without a sorted key, and its key still does in other lists.
func TestPagesOfChangingLists(t *testing.T) {
	for _, tt := range []struct{ then, held, sorted []string }{
		{[]string{"_", "a", "b", "c", "d"}, []string{"c", "d"}, []string{"c", "d"}},
		{[]string{"b", "c", "d"}, []string{"c", "d"}, []string{"c", "d"}},
		{[]string{"a", "c", "d"}, []string{"d"}, []string{"c", "d"}},
		{[]string{"d"}, []string{}, []string{"d"}},
		{nil, []string{}, []string{}},
	} {
		for kind, want := range map[string][]string{"held": tt.held, "sorted": tt.sorted, "streamed": tt.sorted, "large": tt.sorted} {
			list := []string{"a", "b", "c", "d"}
			a := pagesOf(&list)
			w := httptest.NewRecorder()
			a.router.ServeHTTP(w, httptest.NewRequest("GET", "/api/"+kind+"/a?limit=2", nil))
			list = tt.then
			next := nextOf(w.Header().Get("Link"))
			w = httptest.NewRecorder()
			a.router.ServeHTTP(w, httptest.NewRequest("GET", next, nil))
			var got []string
			if err := jsonv2.Unmarshal(w.Body.Bytes(), &got); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s %q: %s, want %q", kind, tt.then, w.Body, want)
			}
		}
	}
}

func TestPagesRefused(t *testing.T) {
	list := []string{"a"}
	a := pagesOf(&list)
	for _, tt := range []struct{ query, want string }{
		{"limit=0", "limit"},
		{"limit=-1", "limit"},
		{"limit=10001", "limit"},
		{"limit=many", "limit"},
		{"limit=99999999999999999999", "limit"},
		{"cursor=abc", "cursor is not"},
		{"cursor=%00", "NUL"},
		{"cursor=" + cursor{"-1", "a"}.String(), "cursor is not"},
		{"cursor=" + cursor{"1", "\xff"}.String(), "cursor is not"},
		{"cursor=" + cursor{"1", "a", "b"}.String(), "cursor is not"},
		{"cursor=" + strings.Repeat("a", 8193), "8192"},
	} {
		for _, kind := range []string{"held", "sorted", "streamed", "large"} {
			w := httptest.NewRecorder()
			a.router.ServeHTTP(w, httptest.NewRequest("GET", "/api/"+kind+"/a?"+tt.query, nil))
			if w.Code != 400 || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%s %.40s: %d %s", kind, tt.query, w.Code, w.Body)
			}
		}
	}
}

// An error of a list is an error of its page, wherever the list fails.
func TestPageFails(t *testing.T) {
	broken := errors.New("broken")
	list := sorted(func() []string { return []string{"a", "b"} }, 1, broken)
	for _, p := range []Page{{Limit: 3}, {Limit: 2, Cursor: cursor{"a"}.String()}} {
		if _, err := list.page(t.Context(), p); !errors.Is(err, broken) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
