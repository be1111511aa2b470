// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/report"
)

// Test has the values that a test is counted by. A missing text is "". The values that
// the columns of a test do not have themselves come from SetMisc: this is the only
// place that decides how a test is counted.
type Test struct {
	ID, BuildID, Origin string
	Path                string
	Status              report.Status
	Compatible          string // JSON list of strings
	Start               int64  // microseconds since 1970, 0 for none

	Platform string // SetMisc sets it, and the following
	Lab      string // as the test has it itself: see facts.LabOf
	Reason   string // why the test failed, if Fails
}

// Kind returns Boots or Tests.
func (t *Test) Kind() Kind { return KindOf(t.Path) }

// SetMisc sets the platform, the lab and the reason of the test, from the misc of the test
// and the misc of its environment. Either may be empty. Status must be set before.
func (t *Test) SetMisc(misc, environment []byte, platforms *Platforms) {
	t.Platform = platforms.Of(environment)
	t.Lab = withoutSeparators(facts.Lab(misc))
	t.Reason = ""
	if Fails(t.Status) {
		t.Reason = firstBytes(withoutSeparators(facts.Reason(misc)), maxReason)
	}
}

// maxReason limits a reason, in bytes. Tests with the same beginning are counted as one.
const maxReason = 200

// Fails reports whether a status is a failure.
func Fails(s report.Status) bool {
	return s == report.StatusFail || s == report.StatusError || s == report.StatusMiss
}

// Lost reports whether a status says that a boot or test was lost: it says nothing about
// the kernel.
func Lost(s report.Status) bool { return s == report.StatusError || s == report.StatusMiss }

// firstBytes returns the first n bytes of a text, or fewer to end with a whole
// character.
func firstBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// Separators that no platform, lab or reason contains. So a reader can fetch many values
// as one text with these between the values of a row, and between rows.
const (
	ValueSeparator = "\x1f"
	GroupSeparator = "\x1e"
)

func withoutSeparators(text string) string {
	if !strings.ContainsAny(text, ValueSeparator+GroupSeparator) {
		return text
	}
	return strings.NewReplacer(ValueSeparator, "", GroupSeparator, "").Replace(text)
}

// counted returns the row that counts the test.
func (t *Test) counted() testCount {
	return testCount{
		buildID: t.BuildID, day: dayOfStart(t.Start), origin: t.Origin, suite: facts.Suite(t.Path), platform: t.Platform,
		compatible: t.Compatible, lab: t.Lab, reason: t.Reason, status: t.Status,
	}
}
