// SPDX-License-Identifier: Apache-2.0

package service

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/browser"
)

// leg is a part of a reader's way: it leads to the next page.
type leg struct {
	link string   // the element that a mouse clicks on, a selector
	text string   // written into the search instead, and sent
	keys []string // the keys that do the same
	path string   // how the path of the next page begins
	says []string // texts on it
}

// TestReaders walks the ways of readers from the front page to their answers: by mouse, by
// keyboard, and with scripts off.
func TestReaders(t *testing.T) {
	if testing.Short() {
		t.Skip("the stories take seconds to load")
	}
	s := startStories(t, func(c *Config) { c.APIRate = 0 })
	sent := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(1))))
	if sent.Status != "ok" {
		t.Fatalf("submit: %s", sent.body)
	}
	waitForStatus(t, s.url, sent.ID, "processed")

	for _, story := range []struct {
		name string
		legs []leg
	}{
		{"did stable break", []leg{
			{link: "main a[href^='/tree/stable-rc/']", keys: []string{"j", "j", "Enter"}, path: "/tree/stable-rc/", says: []string{"Worse than", "drm_buddy"}},
			{link: "main .c.new a", keys: []string{"n", "Enter"}, path: "/revision/", says: []string{"NEW", "drm_buddy"}},
			{link: "main a[href^='/test/']", keys: []string{"n", "Enter"}, path: "/test/", says: []string{"NEW", "Passed at", "Reproduce"}},
		}},
		{"is this failure new", []leg{
			{text: "iomap_iter_advance", keys: []string{"/", "iomap_iter_advance", "Enter"}, path: "/test/",
				says: []string{"NEW", "First failure after", "WARNING in iomap_iter_advance"}},
		}},
		{"what does this board fail", []leg{
			{link: "a[href='/hardware']", keys: []string{"g", "h"}, path: "/hardware", says: []string{"have a new failure"}},
			{link: "main a[href='/hardware/rk3588-rock-5b']", keys: []string{"j", "Enter"}, path: "/hardware/rk3588-rock-5b", says: []string{"Does not boot on next master"}},
		}},
		{"find my submission", []leg{
			{text: sent.ID, keys: []string{"/", sent.ID, "Enter"}, path: "/submission/" + sent.ID, says: []string{"ON THE PAGES", "All 2 objects are stored"}},
		}},
	} {
		for _, by := range []struct {
			name string
			look browser.Look
			keys bool
		}{
			{"by mouse", browser.Look{}, false},
			{"by keyboard", browser.Look{}, true},
			{"without scripts", browser.Look{NoScripts: true, Width: browser.Phone}, false},
		} {
			t.Run(story.name+" "+by.name, func(t *testing.T) {
				tab := browser.Open(t, by.look)
				tab.Visit(s.url + "/")
				for _, leg := range story.legs {
					tab.Go(func() { leg.walk(tab, by.keys) })
					if !strings.HasPrefix(tab.Path(), leg.path) {
						t.Fatalf("the way leads to %s, want %s", tab.Path(), leg.path)
					}
					text := tab.Text("body")
					for _, want := range leg.says {
						if !strings.Contains(text, want) {
							t.Errorf("%s does not say %q:\n%s", tab.Path(), want, text)
						}
					}
				}
			})
		}
	}
}

// walk leads to the next page.
func (l leg) walk(tab *browser.Tab, byKeys bool) {
	switch {
	case byKeys:
		tab.Press(l.keys...)
	case l.text != "":
		tab.Click("#q")
		tab.Press(l.text, "Enter")
	default:
		tab.Click(l.link)
	}
}
