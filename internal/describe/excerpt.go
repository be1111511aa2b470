// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

const (
	maxExcerpt = 30  // lines of a log
	maxEnd     = 10  // of these lines about the last fault, if the first fault is further up
	lead       = 3   // lines before the first line of trouble
	maxLogLine = 160 // characters of a line
)

// sign recognizes lines of trouble.
type sign func(line string) bool

// signs are the signs of trouble, the gravest first. An excerpt begins at the first
// line with the gravest sign, because boots print many harmless lines that look like
// errors before the fatal line.
var signs = []sign{kernelFails, kernelWarns, testFails, toolFails}

var (
	// faults match the messages of a kernel that cannot go on as before.
	faults = lazyregexp.New(`\bBUG: |kernel BUG at |\bOops\b|Kernel panic|Unable to handle kernel|Internal error: |general protection fault`)
	// faultEnd matches the last line of a panic, far below the line with the cause.
	faultEnd = lazyregexp.New(`end Kernel panic`)
	// warning matches the messages of a kernel that goes on although something is
	// wrong.
	warning = lazyregexp.New(`\bWARNING: (?:CPU|possible |suspicious |inconsistent |.* at )|cut here \]` +
		`|INFO: task .* blocked|rcu: INFO: |Out of memory: `)
	// verdictOfSuite matches the messages of common test suites about a failed test.
	verdictOfSuite = lazyregexp.New(`(?:^|\s)not ok |RESULT=fail|# FAIL\b|\bT(?:FAIL|BROK)\b`)
	// tools matches the messages of compilers, linkers and make.
	tools = lazyregexp.New(`\berror: |undefined reference|ERROR: modpost|\*\*\* \[`)
	// stamped matches lines of a kernel log. Drivers write "error:" for harmless
	// events.
	stamped = lazyregexp.New(`\[ *\d+\.\d{3,}\]`)
)

func kernelFails(line string) bool {
	return faults().MatchString(line) && !faultEnd().MatchString(line)
}

func kernelWarns(line string) bool { return warning().MatchString(line) }

func testFails(line string) bool { return verdictOfSuite().MatchString(line) }

func toolFails(line string) bool { return tools().MatchString(line) && !stamped().MatchString(line) }

// severity returns the severity of the gravest sign in a text: 0 without a sign,
// len(signs) for a fault of the kernel.
func severity(text string) int {
	for i, has := range signs {
		for line := range strings.Lines(text) {
			if has(line) {
				return len(signs) - i
			}
		}
	}
	return 0
}

// idle matches the lines at the end of a log in which nothing happens any more:
// prompts, and messages of the software of labs.
var idle = lazyregexp.New(`^(?:\S* ?[#$>]|\+ set \+x|.*<LAVA_(?:SIGNAL_ENDRUN|SIGNAL_ENDTC|TEST_RUNNER EXIT)[^>]*>)?\s*$`)

// excerpt returns the lines of a log that matter, maxExcerpt at most, with a mark
// for each gap: the lines from the first one with the gravest sign on, or without
// signs its end. If the kernel's last fault is further down, because the first one
// led to a panic, the lines about that are the end of the excerpt.
func excerpt(log string) string {
	lines := logLines(tail(log, maxRead))
	for len(lines) > 0 && idle().MatchString(lines[len(lines)-1]) {
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

// parts returns ranges of the lines, with the number of lines left out before, between
// and after them.
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

// logLines returns the lines of a log. Repeated lines become the first line and the
// number of repetitions. Repeated empty lines become one, and none at the beginning.
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
