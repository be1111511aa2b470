// SPDX-License-Identifier: Apache-2.0

package service

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	code    = regexp.MustCompile("`([^`]+)`")
	bare    = regexp.MustCompile(`^([a-z_]+=|#)`) // a parameter or an anchor
	heading = regexp.MustCompile(`"([A-Z][^"]+)"`)
)

// TestMovesFromKernelCI asks a service with the stories for each address, parameter, anchor
// and heading of ours that docs/kernelci-front-end.md names.
func TestMovesFromKernelCI(t *testing.T) {
	if testing.Short() {
		t.Skip("the stories take seconds to load")
	}
	text, err := os.ReadFile("../../docs/kernelci-front-end.md")
	if err != nil {
		t.Fatal(err)
	}
	s := startStories(t, func(c *Config) { c.APIRate = 0 })
	values := placeholders(t, s)
	pages := make(map[string]string) // by address without an anchor
	get := func(address string) string {
		path, anchor, _ := strings.Cut(values.Replace(address), "#")
		body, ok := pages[path]
		if !ok {
			r := do(t, request(t, "GET", s.url+path, nil))
			if body = r.body; r.code != 200 {
				t.Errorf("%s: %s answers %d", address, path, r.code)
			}
			pages[path] = body
		}
		if anchor != "" && !strings.Contains(body, `id="`+anchor+`"`) {
			t.Errorf("%s: %s has no anchor %q", address, path, anchor)
		}
		return body
	}

	var at []string // the addresses that a table is about
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			for _, address := range addresses(line) {
				get(address)
			}
			continue
		}
		ours := strings.Join(cells[2:], "|")
		if strings.TrimSpace(cells[1]) == "theirs" {
			at = addresses(ours)
		}
		named := addresses(ours)
		for _, address := range named {
			get(address)
		}
		on := at
		if len(on) == 0 {
			on = addresses(cells[3])
		}
		for _, promise := range promises(ours, on) {
			get(promise)
		}
		for _, title := range heading.FindAllStringSubmatch(ours, -1) {
			has := func(address string) bool { return strings.Contains(get(address), title[1]) }
			if len(at) > 0 && !slices.ContainsFunc(append(named, at...), has) {
				t.Errorf("no page of %q has %q", strings.TrimSpace(ours), title[1])
			}
		}
	}
	if len(pages) < 20 {
		t.Errorf("only %d pages were asked for", len(pages))
	}
}

// addresses returns the addresses that a text names.
func addresses(text string) (all []string) {
	for _, c := range code.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(c[1], "/") {
			all = append(all, c[1])
		}
	}
	return all
}

// promises returns the addresses of the parameters and anchors that a text names without an
// address. They are those of each page on which the text promises them, unless the text
// names the page with a parameter.
func promises(text string, pages []string) (all []string) {
	for _, c := range code.FindAllStringSubmatch(text, -1) {
		for _, page := range pages {
			switch {
			case !bare.MatchString(c[1]) || strings.Contains(page, "?"):
			case c[1][0] == '#':
				all = append(all, page+c[1])
			default:
				all = append(all, page+"?"+c[1])
			}
		}
	}
	return all
}

// placeholders replaces the capital letters in addresses by names and IDs of the stories.
func placeholders(t *testing.T, s *running) *strings.Replacer {
	t.Helper()
	const revision = "/revision/next-20261127"
	test := linkIn(t, s.url+revision, "/test/")
	issue := linkIn(t, s.url+"/issues", "/issue/")
	receipt := do(t, request(t, "POST", s.url+"/submit", strings.NewReader(newReport(1))))
	return strings.NewReplacer(
		"/test/ID", test, "/build/ID", linkIn(t, s.url+test, "/build/"), "/issue/ID", issue, "issue=ID", "issue="+strings.TrimPrefix(issue, "/issue/"),
		"/submission/ID", "/submission/"+receipt.ID, "TREE", "next", "BRANCH", "master", "HASH...HASH", "next-20261126...next-20261127", "HASH", hashOf(t, s.url+revision),
		"BOARD", "rk3588-rock-5b", "COMPATIBLE", "rockchip,rk3588", "LAB", "lava-ridge", "ORIGIN", "maestro",
		"PATH", "xfstests", "TEXT", "ltp", "VERSION", "1",
	)
}

// hashOf returns the hash of the revision whose page is at a URL.
func hashOf(t *testing.T, url string) string {
	t.Helper()
	hash := regexp.MustCompile(`<dt>Hash</dt><dd><code>([0-9a-f]{40})`).FindStringSubmatch(do(t, request(t, "GET", url, nil)).body)
	if hash == nil {
		t.Fatalf("%s has no hash", url)
	}
	return hash[1]
}
