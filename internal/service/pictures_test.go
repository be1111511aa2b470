// SPDX-License-Identifier: Apache-2.0

package service

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/verdicts"
	"github.com/kcidb-go/kcidb/internal/testing/browser"
	"github.com/kcidb-go/kcidb/report"
)

var update = flag.Bool("update", false, "write the pictures of docs/pictures")

// pictures are the pictures of pages in docs/pictures.
var pictures = []struct {
	name, path string
	look       browser.Look
}{
	{"home", "/", browser.Look{}},
	{"branch", "/tree/next/master", browser.Look{}},
	{"revision", "/revision/next-20261127", browser.Look{}},
	{"compare", "/compare/next-20261126...next-20261127", browser.Look{}},
	{"test", "/search?q=iomap_iter_advance", browser.Look{}}, // the only hit is a test
	{"hardware", "/hardware/rk3588-rock-5b", browser.Look{}},
	{"issues", "/issues", browser.Look{}},
	{"home-phone-dark", "/", browser.Look{Width: browser.Phone, Dark: true}},
	{"revision-phone-dark", "/revision/next-20261127", browser.Look{Width: browser.Phone, Dark: true}},
}

// mostPicture bounds the bytes of a picture, because each change of a picture stays in the
// repository.
const mostPicture = 150_000

// TestPictures takes the pictures of docs/pictures, and keeps them only with -update.
func TestPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("the stories take seconds to load")
	}
	dir := t.TempDir()
	if *update {
		dir = "../../docs/pictures"
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	// Pages show their public URL, and no port that differs each time.
	s := startStories(t, func(c *Config) { c.BaseURL = "https://kcidb.example.org/" })
	for _, picture := range pictures {
		t.Run(picture.name, func(t *testing.T) {
			tab := browser.Open(t, picture.look)
			tab.Visit(s.url + picture.path)
			tab.Fits()
			file := filepath.Join(dir, picture.name+".png")
			tab.Picture(file)
			if info, err := os.Stat(file); err != nil || info.Size() > mostPicture {
				t.Errorf("the picture has more than %d bytes: %v, %v", mostPicture, info, err)
			}
		})
	}
}

// storiesNow is the time of a service with stories. It is constant, so that pages always say
// the same.
var storiesNow = time.Date(2026, 11, 27, 17, 4, 0, 0, time.UTC)

// startStories is like start, with the stories of package sample in the database, judged, and
// a clock that stands at storiesNow.
func startStories(t *testing.T, change func(*Config)) *running {
	t.Helper()
	return startWith(t, change, func(s *Service) {
		s.now = func() time.Time { return storiesNow }
		db, err := s.openStore(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var all report.Report
		for r := range sample.Stories(storiesNow) {
			all.Append(r)
		}
		if _, err := db.Load(t.Context(), &all, store.LoadOptions{Metadata: true, Bulk: true}); err != nil {
			t.Fatal(err)
		}
		judge := verdicts.Judge{DB: verdicts.Of(db), Names: s.trees, Now: s.now, Log: s.log}
		if _, err := judge.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
