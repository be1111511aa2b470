// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/document"
)

const (
	maxExcerpt = 30  // lines of a log
	maxEnd     = 10  // of these about the last fault, if the first one is further up
	lead       = 3   // lines before the one where the trouble begins
	maxLogLine = 160 // characters of one
)

// sign recognizes lines where something goes wrong.
type sign func(line string) bool

// signs are the signs of trouble, the gravest first. A log is shown from the first
// line with the gravest sign in it: boots print many lines that look like errors
// before the one that ends them.
var signs = []sign{kernelFails, warning.MatchString, verdict.MatchString, toolFails}

var (
	// faults are what the kernel says when it cannot go on as before.
	faults = regexp.MustCompile(`\bBUG: |kernel BUG at |\bOops\b|Kernel panic|Unable to handle kernel|Internal error: |general protection fault`)
	// faultEnd is the last line of a panic, far below the one that says why.
	faultEnd = regexp.MustCompile(`end Kernel panic`)
	// warning is what the kernel says when it goes on, though something is wrong.
	warning = regexp.MustCompile(`\bWARNING: (?:CPU|possible |suspicious |inconsistent |.* at )|cut here \]` +
		`|INFO: task .* blocked|rcu: INFO: |Out of memory: `)
	// verdict is what the usual test suites say of a test that failed.
	verdict = regexp.MustCompile(`(?:^|\s)not ok |RESULT=fail|# FAIL\b|\bT(?:FAIL|BROK)\b`)
	// tools is what compilers, linkers and make say.
	tools = regexp.MustCompile(`\berror: |undefined reference|ERROR: modpost|\*\*\* \[`)
	// stamped are lines of a kernel's log. Drivers write "error:" for what does no harm.
	stamped = regexp.MustCompile(`\[ *\d+\.\d{3,}\]`)
)

func kernelFails(line string) bool { return faults.MatchString(line) && !faultEnd.MatchString(line) }

func toolFails(line string) bool { return tools.MatchString(line) && !stamped.MatchString(line) }

// gravity returns how grave the gravest sign in a text is: 0 for no sign, len(signs)
// for a fault of the kernel.
func gravity(text string) int {
	for i, has := range signs {
		for line := range strings.Lines(text) {
			if has(line) {
				return len(signs) - i
			}
		}
	}
	return 0
}

// idle is what logs end with when nothing happens any more: prompts, and what
// labs' software says for itself.
var idle = regexp.MustCompile(`^(?:\S* ?[#$>]|\+ set \+x|.*<LAVA_(?:SIGNAL_ENDRUN|SIGNAL_ENDTC|TEST_RUNNER EXIT)[^>]*>)?\s*$`)

// excerpt returns the lines of a log that matter, maxExcerpt at most, with a mark
// for each gap: the lines from the first one with the gravest sign on, or without
// signs its end. If the kernel's last fault is further down, because the first one
// led to a panic, the lines about that are the end of the excerpt.
func excerpt(log string) string {
	lines := logLines(tail(log, maxRead))
	for len(lines) > 0 && idle.MatchString(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	start, last := max(0, len(lines)-maxExcerpt), 0
	for i, has := range signs {
		at := slices.IndexFunc(lines, has)
		if at < 0 {
			continue
		}
		start = min(start, max(0, at-lead))
		for j := at; i == 0 && j < len(lines); j++ {
			if has(lines[j]) {
				last = j
			}
		}
		break
	}
	if last < start+maxExcerpt {
		return parts(lines, [2]int{start, start + maxExcerpt})
	}
	return parts(lines, [2]int{start, start + maxExcerpt - maxEnd}, [2]int{last - lead, last - lead + maxEnd})
}

// parts returns ranges of the lines, and tells how many lines are left out before,
// between and after them.
func parts(lines []string, ranges ...[2]int) string {
	var shown []string
	leaveOut := func(n int, where string) {
		if n > 0 {
			shown = append(shown, fmt.Sprintf("[%s %s]", plural(int64(n), "line"), where))
		}
	}
	done := 0
	for i, r := range ranges {
		leaveOut(r[0]-done, []string{"before", "between"}[i])
		done = min(len(lines), r[1])
		shown = append(shown, lines[r[0]:done]...)
	}
	leaveOut(len(lines)-done, "after")
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
		if l = document.Cut(strings.TrimRight(l, " \n"), maxLogLine); l == last {
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
