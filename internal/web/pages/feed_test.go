// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed/feedtest"
	"github.com/kcidb-go/kcidb/object"
)

// newFeed returns pages with feeds of a spool whose clock the test moves.
func newFeed(t *testing.T) (*Pages, http.Handler, *time.Time) {
	t.Helper()
	p, _, _ := newPages(t)
	keeper, _ := sqlspool.Of(p.Store)
	clock := now
	keeper.Now = func() time.Time { return clock }
	p.Spool = keeper
	return p, routes(p), &clock
}

// addNotification adds a notification about an object to the feed of a subscription.
func addNotification(t *testing.T, feeds spool.Feeds, subscription string, ref object.Ref, r spool.Rendered) {
	t.Helper()
	s := feeds.(spool.Spool)
	err := s.Settle(t.Context(), spool.Settlement{Notifications: []spool.NewNotification{{
		Identity: spool.Identity{Subscription: subscription, Object: ref}, Changed: now.Add(-time.Minute),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	picked, err := s.PickNotifications(t.Context(), 1, time.Minute)
	if err != nil || len(picked) != 1 {
		t.Fatalf("%d notifications, %v", len(picked), err)
	}
	if err := s.MarkReady(t.Context(), &picked[0], r); err != nil {
		t.Fatal(err)
	}
}

var byFeed = []spool.Recipient{{Via: spool.Feed}}

func TestFeed(t *testing.T) {
	p, h, clock := newFeed(t)
	w := get(h, "/feed/mainline.atom")
	if kind := w.Header().Get("Content-Type"); w.Code != 200 || kind != "application/atom+xml; charset=utf-8" {
		t.Errorf("%d, %v", w.Code, w.Header())
	}
	golden(t, "empty.atom", w.Body.String())
	feedtest.Read(t, w.Body.Bytes())

	addNotification(t, p.Spool, "mainline", object.RevisionRef(commit, ""), spool.Rendered{
		Subject: "FAIL: v6.19-rc1 (mainline): 1 of 2 tests fails", Body: "FAIL: 1 of 2 tests fails\n\nlog <b>&amp;</b> ]]>\n", Recipients: byFeed})
	*clock = now.Add(time.Hour)
	addNotification(t, p.Spool, "mainline", object.TestRef("ci:a/b?c"), spool.Rendered{
		Subject: "bell \a, escape \x1b[31m, \ufffe, line\nbreak, <b> & \"quote\" \U0001F427", Body: "\x01\x02 tab\t\r\n", Recipients: byFeed})
	*clock = now.Add(2 * time.Hour)
	addNotification(t, p.Spool, "mainline", object.IssueVersionRef("ci:1", 2), spool.Rendered{Recipients: append([]spool.Recipient{{Via: spool.Mail, Address: "a@example.org"}}, byFeed...)})
	// These are in other feeds, or in none.
	addNotification(t, p.Spool, "other", object.TestRef("ci:1"), spool.Rendered{Subject: "of another", Recipients: byFeed})
	addNotification(t, p.Spool, "mainline", object.TestRef("ci:2"), spool.Rendered{Subject: "by mail", Recipients: []spool.Recipient{{Via: spool.Mail, Address: "a@example.org"}}})
	w = get(h, "/feed/mainline.atom")
	golden(t, "full.atom", w.Body.String())
	got := feedtest.Read(t, w.Body.Bytes())
	if len(got.Entries) != 3 || got.Entries[2].Content != "FAIL: 1 of 2 tests fails\n\nlog <b>&amp;</b> ]]>" {
		t.Errorf("%+v", got)
	}
	if strings.Contains(w.Body.String(), "a@example.org") {
		t.Error("the feed has addresses")
	}

	// Sending the mail later does not change the feed.
	*clock = now.Add(3 * time.Hour)
	tag := w.Header().Get("ETag")
	mails, err := p.Spool.(spool.Spool).PickDeliveries(t.Context(), spool.Mail, 9, time.Minute)
	if err != nil || len(mails) != 2 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	for _, mail := range mails {
		if err := p.Spool.(spool.Spool).MarkSent(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
	}
	if w := get(h, "/feed/mainline.atom", "If-None-Match", tag); tag == "" || w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("again: %d, %d bytes", w.Code, w.Body.Len())
	}
	head := httptest.NewRecorder()
	h.ServeHTTP(head, httptest.NewRequest("HEAD", base+"/feed/mainline.atom", nil))
	if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("ETag") != tag {
		t.Errorf("HEAD: %d, %v", head.Code, head.Header())
	}
}

func TestFeedIsBounded(t *testing.T) {
	p, h, clock := newFeed(t)
	for i := range feed.Length + 2 {
		*clock = clock.Add(time.Minute)
		addNotification(t, p.Spool, "all", object.TestRef(fmt.Sprint("ci:", i)), spool.Rendered{Subject: fmt.Sprint(i), Recipients: byFeed})
	}
	got := feedtest.Read(t, get(h, "/feed/all.atom").Body.Bytes())
	if n := len(got.Entries); n != feed.Length || got.Entries[0].Title != fmt.Sprint(feed.Length+1) || got.Entries[n-1].Title != "2" {
		t.Errorf("%d entries", n)
	}
	if got.Updated != got.Entries[0].Updated {
		t.Errorf("updated %s, want %s", got.Updated, got.Entries[0].Updated)
	}
}

func TestFeedsByName(t *testing.T) {
	p, h, _ := newFeed(t)
	for name, code := range map[string]int{
		"a.atom": 200, "stable-rc.6_12.atom": 200, "a.atom.atom": 200, "0.atom": 200,
		"a": 404, "": 404, ".atom": 404, "A.atom": 404, "-a.atom": 404, "a.rss": 404, "a%2Fb.atom": 404, "a%20b.atom": 404,
		"a.atom%0A": 404, "%2E%2E%2Fa.atom": 404, "é.atom": 404, "a.atom/b": 404,
	} {
		if w := get(h, "/feed/"+name); w.Code != code {
			t.Errorf("%q: %d, want %d", name, w.Code, code)
		}
	}
	p.Spool = nil
	if w := get(routes(p), "/feed/a.atom"); w.Code != 404 {
		t.Errorf("without a spool: %d", w.Code)
	}
}

func TestFeedsBase(t *testing.T) {
	p, _, _ := newFeed(t)
	addNotification(t, p.Spool, "a", object.TestRef("ci:1"), spool.Rendered{Subject: "a", Recipients: byFeed})
	for given, want := range map[string]string{
		"": "https://kcidb.example.org", "https://pages.example.org/kcidb/": "https://pages.example.org/kcidb", "http://localhost:1": "http://localhost:1",
	} {
		p.Base = given
		feed := feedtest.Read(t, get(routes(p), "/feed/a.atom", "X-Forwarded-Proto", "https").Body.Bytes())
		if feed.ID != want+"/feed/a.atom" || feed.Links[0].Href != feed.ID || feed.Links[1].Href != want+"/" || feed.Entries[0].Links[0].Href != want+"/test/ci:1" {
			t.Errorf("%q: %+v", given, feed)
		}
	}
}

func TestFeedWithoutADatabase(t *testing.T) {
	p, h, _ := newFeed(t)
	p.Store.Close()
	if w := get(h, "/feed/a.atom"); w.Code != 500 || w.Body.Len() != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
