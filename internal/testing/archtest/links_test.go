// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

var (
	folderSpan  = regexp.MustCompile("`((?:cmd|deploy|docs|examples|internal|local|object|report|scripts)/[^` ]+)`")
	placeholder = regexp.MustCompile(`[A-Z]{2}|X\.Y`)
	link        = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading     = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notInSlugs  = regexp.MustCompile("[^a-z0-9 _-]")
)

// TestLinksOfDocuments follows the links of each Markdown file to other files and to
// headings, and looks up the folders and files that it names. Words in capitals, and X.Y,
// stand for names.
func TestLinksOfDocuments(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "-C", "../../..", "ls-files", "*.md").Output()
	if err != nil {
		need.Missing(t, "the files of the repository are unknown: run the tests in a clone: "+err.Error())
	}
	links := 0
	for _, name := range strings.Fields(string(out)) {
		text, err := os.ReadFile(filepath.Join("../../..", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range folderSpan.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join("../../..", m[1])); err != nil && !placeholder.MatchString(m[1]) {
				t.Errorf("%s names %s: %v", name, m[1], err)
			}
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			links++
			path, anchor, _ := strings.Cut(m[1], "#")
			target := filepath.Join("../../..", name)
			if path != "" {
				target = filepath.Join("../../..", filepath.Dir(name), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
			} else if anchor != "" && !hasHeading(t, target, anchor) {
				t.Errorf("%s links to %s, which has no such heading", name, m[1])
			}
		}
	}
	if links < 50 {
		t.Errorf("followed %d links: the documents are not what this test reads", links)
	}
}

// hasHeading reports whether a Markdown file has a heading with the anchor that GitHub
// gives it.
func hasHeading(t *testing.T, file, anchor string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range heading.FindAllStringSubmatch(string(text), -1) {
		slug := notInSlugs.ReplaceAllString(strings.ToLower(m[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return true
		}
	}
	return false
}
