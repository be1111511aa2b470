// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// finding is a rule of axe that a page breaks.
type finding struct {
	ID, Impact, Help string
	Tags             []string // wcag2a or best-practice, for example
	Nodes            []struct {
		HTML           string `json:"html"`
		FailureSummary string `json:"failureSummary"`
	}
}

// runAxe runs the rules of WCAG and the best practices. preload would fetch the style sheets
// once more.
const runAxe = `axe.run(document, {
	preload: false, resultTypes: ['violations'],
	runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
}).then(found => found.violations)`

// Axe checks the page of a tab by axe-core. A serious or critical violation of WCAG 2, level
// A or AA, fails the test. Others are logged. If axe-core is missing, the test is skipped at
// a desk and fails in CI. Scripts of the tab must be on.
func Axe(t testing.TB, tab *Tab) {
	t.Helper()
	source, err := os.ReadFile(need.Installed(t, "bin/axe-core/axe.min.js", "scripts/axe"))
	if err != nil {
		t.Fatal(err)
	}
	// The page's Content-Security-Policy does not apply to the DevTools protocol.
	Evaluate[bool](tab, string(source)+";true")
	for _, f := range Evaluate[[]finding](tab, runAxe) {
		if f.fails() {
			t.Errorf("%s: %s", tab.Path(), f)
		} else {
			t.Logf("%s: %s", tab.Path(), f)
		}
	}
}

// fails reports whether a page with the finding must not be shown.
func (f finding) fails() bool {
	isWCAG := slices.ContainsFunc(f.Tags, func(tag string) bool { return strings.HasPrefix(tag, "wcag") })
	return isWCAG && (f.Impact == "serious" || f.Impact == "critical")
}

func (f finding) String() string {
	text := f.Impact + " " + f.ID + ": " + f.Help
	for _, n := range f.Nodes {
		text += "\n\t" + n.HTML + "\n\t\t" + strings.ReplaceAll(n.FailureSummary, "\n", "\n\t\t")
	}
	return text
}
