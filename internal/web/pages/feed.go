// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// feedLength is the most notifications in a feed.
const feedLength = 50

// feedName matches the name of a subscription with the ending of a feed.
var feedName = lazyregexp.New(`^([a-z0-9][a-z0-9._-]*)\.atom$`)

// atom is a feed, see RFC 4287.
type atom struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID      string     `xml:"id"`
	Title   string     `xml:"title"`
	Updated string     `xml:"updated"`
	Links   []atomLink `xml:"link"`
	Content string     `xml:"content"` // plain text, as Atom takes it without a type
}

// feed is the Atom feed of a subscription: the newest notifications that it sent to its
// feed. The feed is empty if it sent none, because it may send one at any time.
func (p *Pages) feed(w http.ResponseWriter, r *http.Request) {
	name := feedName().FindStringSubmatch(r.PathValue("name"))
	if name == nil || p.Spool == nil {
		front.NotFound(w, r)
		return
	}
	ctx, cancel := contextWithin(r, objectTime)
	defer cancel()
	all, err := p.Spool.Feed(ctx, name[1], feedLength)
	if err != nil {
		p.Log.Error("no feed", "subscription", name[1], "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	text, err := xml.MarshalIndent(feedOf(name[1], p.base(r), all), "", "  ")
	if err != nil {
		panic(fmt.Errorf("feed: %w", err)) // the feed has only types that XML can encode
	}
	send(w, "application/atom+xml; charset=utf-8", "public, max-age=60", bytes.Join([][]byte{[]byte(xml.Header), text, []byte("\n")}, nil))
}

func feedOf(name, base string, all []spool.Notification) *atom {
	self := base + "/feed/" + name + ".atom"
	f := &atom{
		ID: self, Title: "KCIDB: " + name, Author: "KCIDB", Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{{"self", self}, {"alternate", base + "/"}},
	}
	for i, n := range all {
		// Not the time of the last delivery, which would make the entry look new again.
		at := n.Due
		for _, d := range n.Deliveries {
			if d.Via == spool.Feed {
				at = d.At
			}
		}
		if i == 0 {
			f.Updated = at.UTC().Format(time.RFC3339)
		}
		e := atomEntry{
			ID:    fmt.Sprintf("%s#%d", self, n.Number),
			Title: cmp.Or(n.Subject, n.Object.String()), Updated: at.UTC().Format(time.RFC3339),
			Content: strings.TrimRight(n.Body, "\n"),
		}
		if link := pageurl.Of(base, n.Object); link != "" {
			e.Links = []atomLink{{"alternate", link}}
		}
		f.Entries = append(f.Entries, e)
	}
	return f
}
