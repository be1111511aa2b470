// SPDX-License-Identifier: Apache-2.0

// Package feed writes Atom feeds, which programs read to tell people of new things. See
// RFC 4287.
package feed

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Length is the most entries that a feed should have.
const Length = 50

// Feed is a feed: its entries are the newest things of a page.
type Feed struct {
	Title string
	// Self is the URL of the feed, and its ID. Page is the URL of the page it belongs to.
	Self, Page string
	Entries    []Entry // newest first
}

// Entry is a thing that a reader hears of once. It keeps its ID and its time for ever,
// because feed readers show an entry with another ID or a later time as new.
type Entry struct {
	ID, Title string
	At        time.Time
	Link      string // the URL of the entry's page, "" for none
	Content   string // plain text
}

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

// Write answers with the feed.
func (f *Feed) Write(w http.ResponseWriter) {
	text, err := xml.MarshalIndent(f.atom(), "", "  ")
	if err != nil {
		panic(fmt.Errorf("feed: %w", err)) // the feed has only types that XML can encode
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=60")
	fmt.Fprintf(w, "%s%s\n", xml.Header, text)
}

func (f *Feed) atom() *atom {
	a := &atom{
		ID: f.Self, Title: f.Title, Author: "KCIDB", Updated: moment(time.Unix(0, 0)),
		Links: []atomLink{{"self", f.Self}, {"alternate", f.Page}},
	}
	for i, e := range f.Entries {
		if i == 0 {
			a.Updated = moment(e.At)
		}
		entry := atomEntry{ID: e.ID, Title: e.Title, Updated: moment(e.At), Content: strings.TrimRight(e.Content, "\n")}
		if e.Link != "" {
			entry.Links = []atomLink{{"alternate", e.Link}}
		}
		a.Entries = append(a.Entries, entry)
	}
	return a
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339) }
