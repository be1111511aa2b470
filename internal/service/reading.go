// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"net/http"
	"slices"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/logcache"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/apply"
	"github.com/kcidb-go/kcidb/internal/web/pages/login"
)

// tokensMatter reports whether a token makes a difference for readers.
func (c *Config) tokensMatter() bool { return c.PrivateOrigins != "" || c.Read == readToken }

// readers returns who may read, and who reads what.
func (s *Service) readers() front.Readers {
	if !s.cfg.tokensMatter() {
		return front.Readers{}
	}
	r := front.Readers{Cookie: login.Cookie, Insider: func(r *http.Request) bool {
		t, ok := login.TokenOf(s.auth, r)
		return ok && t.Roles.Has(auth.Read)
	}}
	if s.cfg.Read == readToken {
		r.Open = []string{front.LoginPath, front.LogoutPath, apply.FormPath}
		r.May = func(r *http.Request) bool {
			_, ok := login.TokenOf(s.auth, r)
			return ok
		}
	}
	return r
}

// view is what a group of readers sees.
type view struct {
	store  store.Store
	spool  spool.Feeds // may be nil
	public bool        // it is that of the public database
	// logs are copies of logs. They may be nil, and are nil for the public: a private log may
	// be among them.
	logs *logcache.Cache
}

// addViews adds routes to a front, for the view of all readers. If there is a public
// database, insiders have a view of their own: the front gets an inner one for them.
func (s *Service) addViews(p *parts, f *front.Front, add func(*front.Front, view)) *front.Front {
	whole := view{store: p.reading, spool: p.spool, logs: s.logCache(p)}
	if p.public == nil {
		add(f, whole)
		return f
	}
	inner := f.Beside()
	public, _ := sqlspool.Of(p.public.Store)
	whole.spool = feeds{public, p.spool}
	add(inner, whole)
	f.Within(inner)
	add(f, view{store: p.public.Store, spool: public, public: true})
	return f
}

// feeds are the feeds of the public and of the whole database. A subscription has new entries
// in one of them, and older ones in the other if it became private, or public again.
type feeds struct{ public, whole spool.Feeds }

// Feed implements spool.Feeds.
func (f feeds) Feed(ctx context.Context, subscription string, limit int) ([]spool.Notification, error) {
	found, err := f.public.Feed(ctx, subscription, limit)
	if err != nil {
		return nil, err
	}
	private, err := f.whole.Feed(ctx, subscription, limit)
	if err != nil {
		return nil, err
	}
	for i := range private {
		private[i].Spool = privateSpool
	}
	found = append(found, private...)
	slices.SortStableFunc(found, func(a, b spool.Notification) int { return b.Added().Compare(a.Added()) })
	return found[:min(len(found), limit)], nil
}
