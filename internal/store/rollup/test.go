// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/report"
)

// Test has what a test is counted by. A missing text is "".
type Test struct {
	ID, BuildID, Origin string
	Path                string
	Status              report.Status
	Platform            string
	Compatible          string // JSON list of strings
	Lab                 string // as the test has it itself: see facts.LabOf
	Reason              string // why the test failed, if Fails
	Start               int64  // microseconds since 1970, 0 for none
}

// maxReason limits a reason, in bytes. Tests with the same beginning are counted as one.
const maxReason = 200

// Fails reports whether a status is a failure.
func Fails(s report.Status) bool {
	return s == report.StatusFail || s == report.StatusError || s == report.StatusMiss
}

// SetMisc sets the lab and the reason from the misc of a test. Status must be set.
func (t *Test) SetMisc(misc []byte) {
	t.Lab = plain(facts.Lab(misc))
	t.Reason = ""
	if Fails(t.Status) {
		t.Reason = firstBytes(plain(facts.Reason(misc)), maxReason)
	}
}

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

// counted returns the row that counts the test.
func (t *Test) counted() testCount {
	return testCount{
		buildID: t.BuildID, day: dayOfStart(t.Start), origin: t.Origin, suite: facts.Suite(t.Path), platform: t.Platform,
		compatible: t.Compatible, lab: t.Lab, reason: t.Reason, status: t.Status,
	}
}
