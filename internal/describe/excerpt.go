// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	maxExcerpt = 30  // lines of a log
	lead       = 3   // of these before the one where the trouble begins
	maxLogLine = 160 // characters of one
)

// trouble is what lines have where something goes wrong: of compilers and linkers,
// and of the kernel.
var trouble = regexp.MustCompile(`\berror: |undefined reference|ERROR: modpost|\*\*\* \[` +
	`|\bBUG: |\bWARNING: (?:CPU|.* at )|\bOops\b|Kernel panic|Unable to handle kernel|Internal error: ` +
	`|general protection fault|cut here \]|INFO: task .* blocked|rcu: INFO: |Out of memory: `)

// verdict is what the usual test suites say of a test that failed, which is where
// to look if there is no trouble.
var verdict = regexp.MustCompile(`(?:^|\s)not ok |RESULT=fail|# FAIL\b|\bT(?:FAIL|BROK)\b`)

// idle is what logs end with when nothing happens any more: prompts, and what
// labs' software says for itself.
var idle = regexp.MustCompile(`^(?:\S* ?[#$>]|\+ set \+x|.*<LAVA_(?:SIGNAL_ENDRUN|SIGNAL_ENDTC|TEST_RUNNER EXIT)[^>]*>)?\s*$`)

// excerpt returns the lines of a log that matter: its end, or, where the trouble
// began before, the lines from there.
func excerpt(log string) string {
	lines := logLines(tail(log, maxRead))
	for len(lines) > 0 && idle.MatchString(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	start := max(0, len(lines)-maxExcerpt)
	for _, sign := range []*regexp.Regexp{trouble, verdict} {
		if at := slices.IndexFunc(lines, sign.MatchString); at >= 0 {
			start = min(start, max(0, at-lead))
			break
		}
	}
	end := min(len(lines), start+maxExcerpt)
	var shown []string
	if start > 0 {
		shown = append(shown, fmt.Sprintf("[%s before]", plural(int64(start), "line")))
	}
	shown = append(shown, lines[start:end]...)
	if end < len(lines) {
		shown = append(shown, fmt.Sprintf("[%s after]", plural(int64(len(lines)-end), "line")))
	}
	return strings.Join(shown, "\n")
}

// logLines returns the lines of a log. Of equal lines after each other the first
// is there, and how often it was repeated; empty ones are there once, and not at
// the beginning.
func logLines(log string) []string {
	var lines []string
	last, again := "", 0
	repeated := func() {
		if again == 1 && last != "" {
			lines = append(lines, last)
		} else if last != "" && again > 1 {
			lines = append(lines, fmt.Sprintf("[the same again, %s]", plural(int64(again), "time")))
		}
		again = 0
	}
	for l := range strings.Lines(clean(log)) {
		if l = cut(strings.TrimRight(l, " \n"), maxLogLine); l == last {
			again++
			continue
		}
		repeated()
		lines = append(lines, l)
		last = l
	}
	repeated()
	return lines
}
