// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/pages/feed"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// feedName matches the name of a subscription with the ending of a feed.
var feedName = lazyregexp.New(`^([a-z0-9][a-z0-9._-]*)\.atom$`)

// subscriptionFeed answers with the Atom feed of a subscription: the newest notifications
// that it sent to its feed. The feed is empty if it sent none, because it may send one at any
// time.
func subscriptionFeed(s *shell.Shell, w http.ResponseWriter, r *http.Request) {
	name := feedName().FindStringSubmatch(r.PathValue("name"))
	if name == nil || s.Spool == nil {
		front.NotFound(w, r)
		return
	}
	s.Feed(w, r, func(ctx context.Context) (*feed.Feed, error) {
		all, err := s.Spool.Feed(ctx, name[1], feed.Length)
		return feedOf(name[1], s.HomeURL(r), all), err
	})
}

func feedOf(name, base string, all []spool.Notification) *feed.Feed {
	f := &feed.Feed{Title: "KCIDB: " + name, Self: base + "/feed/" + name + ".atom", Page: base + "/"}
	for _, n := range all {
		f.Entries = append(f.Entries, feed.Entry{
			ID:    fmt.Sprintf("%s#%s%d", f.Self, n.Spool, n.Number),
			Title: cmp.Or(n.Subject, n.Object.String()), At: n.Added(), Link: pageurl.Of(base, n.Object), Content: n.Body,
		})
	}
	return f
}
