// SPDX-License-Identifier: Apache-2.0

// Package feedtest reads Atom feeds for tests.
package feedtest

import (
	"encoding/xml"
	"testing"
	"time"
)

// Document is a feed as programs read it.
type Document struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Author  string   `xml:"author>name"`
	Links   []Link   `xml:"link"`
	Entries []Entry  `xml:"entry"`
}

// Link is a link of a feed or an entry.
type Link struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

// Entry is an entry of a feed.
type Entry struct {
	ID      string `xml:"id"`
	Title   string `xml:"title"`
	Updated string `xml:"updated"`
	Links   []Link `xml:"link"`
	Content string `xml:"content"`
}

// Read reads a feed, and checks it against the rules of Atom.
func Read(t testing.TB, text []byte) *Document {
	t.Helper()
	feed := &Document{}
	if err := xml.Unmarshal(text, feed); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	ids := map[string]bool{}
	check := func(of, id, title, updated string) {
		t.Helper()
		if _, err := time.Parse(time.RFC3339, updated); err != nil || id == "" || title == "" || ids[id] {
			t.Errorf("%s: ID %q, title %q, updated %q", of, id, title, updated)
		}
		ids[id] = true
	}
	check("feed", feed.ID, feed.Title, feed.Updated)
	if feed.Author == "" || len(feed.Links) != 2 {
		t.Errorf("%+v", feed)
	}
	for _, e := range feed.Entries {
		check("entry", e.ID, e.Title, e.Updated)
		if len(e.Links) != 1 { // without a type of content, Atom asks for a link
			t.Errorf("entry %s has the links %v", e.ID, e.Links)
		}
	}
	return feed
}
