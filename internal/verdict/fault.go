// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/lazyregexp"
)

// maxFault is the length of a fault line in bytes.
const maxFault = 300

// Fault returns the line of a log excerpt that says why a test or build failed, its number
// from 1 within the excerpt, and the title of the kernel's fault. The line is "", and the
// number 0, if no line says that. The title is "" unless the line is a fault of the kernel;
// it has no addresses or offsets, so that the same fault has the same title in all builds.
//
// path is the path of the test, "" for a build. A line that names the test goes before
// others, and a fault of the kernel before both.
//
// Fault looks for plain words first, which takes some 0.2 ms for the 16 kB of an excerpt.
func Fault(excerpt, path string) (line string, number int, title string) {
	best, last := weight(0), 0
	leaf := path[strings.LastIndexByte(path, '.')+1:]
	for at := range hits(excerpt) {
		if at < last {
			continue // a line with two words
		}
		start := strings.LastIndexByte(excerpt[:at], '\n') + 1
		end := len(excerpt)
		if i := strings.IndexByte(excerpt[at:], '\n'); i >= 0 {
			end = at + i
		}
		last = end
		text := clean(excerpt[start:end])
		w := weigh(text)
		if w == 0 {
			continue
		}
		if w < kernelFault && names(text, leaf) {
			w += namesTest
		}
		if w <= best {
			continue
		}
		best, line, number = w, text, 1+strings.Count(excerpt[:start], "\n")
		title = ""
		if w == kernelFault {
			title = titleOf(text, excerpt[end:])
			break // the first fault of the kernel leads to the others
		}
	}
	return FirstBytes(line, maxFault), number, FirstBytes(title, maxFault)
}

// weight is how much a line says: the heaviest line is the fault line.
type weight int

// The weights.
const (
	generic     weight = 1 + iota // something has an error
	failedLine                    // a test says that it failed
	brokenLine                    // a test says why it failed
	buildError                    // a compiler or linker says why
	namesTest                     // added if the line names the test; below kernelFault
	kernelFault = 2 * namesTest
)

// words are parts of lines that may be fault lines, as they are written in a log. Each line
// with one of the words is weighed.
var words = []string{
	"WARNING: ", "BUG: ", "kernel BUG at", "Oops", "Unable to handle", "unable to handle", "Kernel panic", "UBSAN: ",
	"detected stall", "self-detected stall", "blocked for more than", "soft lockup", "hard LOCKUP", "refcount_t: ",
	"possible recursive locking", "possible circular locking", "Internal error: ",
	"error: ", "undefined reference", "/ld: ", "-ld: ", "ld.lld: ", "*** ", "not ok ", "TFAIL", "TBROK", "FAIL", "Error ", "rror:", "ERROR: ",
}

// hits yields the places of the words in a text, in order.
func hits(text string) func(yield func(int) bool) {
	next := make([]int, len(words))
	find := func(i, from int) {
		if next[i] = strings.Index(text[from:], words[i]); next[i] >= 0 {
			next[i] += from
		}
	}
	for i := range words {
		find(i, 0)
	}
	return func(yield func(int) bool) {
		for {
			first := -1
			for i, at := range next {
				if at >= 0 && (first < 0 || at < next[first]) {
					first = i
				}
			}
			if first < 0 || !yield(next[first]) {
				return
			}
			find(first, next[first]+len(words[first]))
		}
	}
}

var (
	kernelStamp = lazyregexp.New(`\[ *\d+\.\d{6}\](?: *\[ *[TC]\d+\])? *`)
	escape      = lazyregexp.New(`\x1b?\[[0-9;]*m`)
)

// clean returns a line of a log without the time, the level and the colours before its text.
func clean(line string) string {
	line = strings.TrimRight(strings.ToValidUTF8(line, "?"), "\r ")
	if strings.Contains(line, "m") && strings.Contains(line, "[") {
		line = escape().ReplaceAllString(line, "")
	}
	if at := kernelStamp().FindStringIndex(line); at != nil {
		line = line[at[1]:]
	}
	return strings.TrimSpace(strings.Map(printable, line))
}

func printable(r rune) rune {
	if r == '\t' {
		return ' '
	}
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

var (
	warning    = lazyregexp.New(`^WARNING: (?:(?:CPU: \d+ PID: \d+ )?at \S+ ([\w.]+)\+|\S+:\d+ at ([\w.]+)\+|(?:CPU: \d+ PID: \d+ )?at \S+:\d+)`)
	sanitizer  = lazyregexp.New(`^BUG: (KASAN|KCSAN|KFENCE|KMSAN): (.+?) in ([\w.]+)`)
	ubsan      = lazyregexp.New(`^UBSAN: ([\w-]+) in (\S+?)(?::\d+)*$`)
	unable     = lazyregexp.New(`(?:nable to handle (?:kernel )?|^BUG: kernel )(NULL pointer dereference|paging request|page fault|access to user memory)`)
	stall      = lazyregexp.New(`rcu.*(?:self-)?detected (?:expedited )?stall|detected (?:expedited )?stalls?`)
	hung       = lazyregexp.New(`INFO: task ([\w./:-]+):\d+ blocked for more than`)
	lockup     = lazyregexp.New(`(soft lockup|hard LOCKUP)`)
	locking    = lazyregexp.New(`possible (recursive|circular) locking`)
	invalid    = lazyregexp.New(`^BUG: ((?:sleeping function called from invalid context|scheduling while atomic|Bad page state|Bad rss-counter state|workqueue lockup|spinlock [a-z ]+)[^:,]*)`)
	panicked   = lazyregexp.New(`Kernel panic - not syncing: (.+)`)
	kernelBug  = lazyregexp.New(`^kernel BUG at (\S+?):\d+`)
	oops       = lazyregexp.New(`(?:^|: )(?:Internal error: )?(Oops)\b|^Internal error: ([\w ]+)`)
	refcount   = lazyregexp.New(`^refcount_t: (.+?)[.;]?$`)
	compiler   = lazyregexp.New(`^(?:\.\./|\./|/)?[\w./+-]+\.\w+:\d+(?::\d+)?: (?:fatal )?error: |\berror\[E\d+\]|^ERROR: modpost: `)
	linker     = lazyregexp.New(`(?:^|/|-)ld(?:\.\w+)?: .*(?:undefined|error|cannot|multiple)|undefined reference to|^ld\.lld: error`)
	makeError  = lazyregexp.New(`^make(?:\[\d+\])?: \*\*\* |^\*\*\* `)
	testBroken = lazyregexp.New(`\b(?:TFAIL|TBROK)\b`)
	testFailed = lazyregexp.New(`(?:^|# )not ok \d+|\bFAIL(?:ED)?\b(?:[: ]|$)`)
	anyError   = lazyregexp.New(`(?i)\berror: \S`)
	noise      = lazyregexp.New(`^(?:<LAVA_|\+ )|\b0 (?:errors|failed)\b|FAIL: 0|fail:0\b|Totals:|TPASS|TINFO`)
	address    = lazyregexp.New(`0x[0-9a-fA-F]+|\b[0-9a-f]{8,16}\b`)
	suffix     = lazyregexp.New(`\.(?:constprop|isra|part|llvm|cold)(?:\.\d+)*`)
	frame      = lazyregexp.New(`(?:RIP: \d+:|\bpc : |\bepc : |PC is at )\[?([A-Za-z_][\w.]*)`)
)

// weigh returns the weight of a line, 0 if it says nothing.
func weigh(line string) weight {
	switch {
	case line == "" || noise().MatchString(line):
		return 0
	case isKernelFault(line):
		return kernelFault
	case compiler().MatchString(line), linker().MatchString(line):
		return buildError
	case testBroken().MatchString(line):
		return brokenLine
	case testFailed().MatchString(line):
		return failedLine
	case makeError().MatchString(line), anyError().MatchString(line):
		return generic
	}
	return 0
}

func isKernelFault(line string) bool { return titleOf(line, "") != "" }

// titleOf returns the title of a fault of the kernel, "" for other lines. below is the
// log below the line, which may have the function.
func titleOf(line, below string) string {
	if m := locking().FindStringSubmatch(line); m != nil {
		return "possible " + m[1] + " locking"
	}
	if m := warning().FindStringSubmatch(line); m != nil {
		return in("WARNING", m[1]+m[2], below)
	}
	if m := sanitizer().FindStringSubmatch(line); m != nil {
		return in(m[1]+": "+m[2], m[3], "")
	}
	if m := ubsan().FindStringSubmatch(line); m != nil {
		return in("UBSAN: "+m[1], m[2], "")
	}
	if m := unable().FindStringSubmatch(line); m != nil {
		return in(strings.TrimSpace(m[1]), "", below)
	}
	if m := hung().FindStringSubmatch(line); m != nil {
		return "task hung: " + m[1]
	}
	if m := lockup().FindStringSubmatch(line); m != nil {
		return in(strings.ToLower(m[1]), "", below)
	}
	if m := kernelBug().FindStringSubmatch(line); m != nil {
		return in("kernel BUG", "", below, m[1])
	}
	if m := invalid().FindStringSubmatch(line); m != nil {
		return "BUG: " + address().ReplaceAllString(strings.TrimSpace(m[1]), "#")
	}
	if m := panicked().FindStringSubmatch(line); m != nil {
		return "kernel panic: " + strings.TrimRight(address().ReplaceAllString(m[1], "#"), " .")
	}
	if m := refcount().FindStringSubmatch(line); m != nil {
		return in("refcount_t: "+m[1], "", below)
	}
	if stall().MatchString(line) && !strings.Contains(line, "TEST") {
		return "rcu detected stall"
	}
	if m := oops().FindStringSubmatch(line); m != nil {
		return in("Oops", "", below)
	}
	return ""
}

// maxBelow limits the log below a fault line in which the function is looked for.
const maxBelow = 4_000

// in returns a title with the function: on the line itself, or else in the frames below, or
// else the first of others.
func in(title, function, below string, others ...string) string {
	if function == "" {
		if m := frame().FindStringSubmatch(FirstBytes(below, maxBelow)); m != nil {
			function = m[1]
		}
	}
	if function == "" && len(others) > 0 {
		function = others[0]
	}
	if function == "" {
		return title
	}
	return title + " in " + suffix().ReplaceAllString(function, "")
}

// names reports whether a line names a test, by the last component of its path.
func names(line, leaf string) bool { return len(leaf) > 2 && strings.Contains(line, leaf) }

// FirstLine returns the first line of a text, as a fault line is written.
func FirstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return FirstBytes(clean(line), maxFault)
}

// FirstBytes returns the first n bytes of a text, or fewer to end with a whole character.
func FirstBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strings.TrimRight(text[:n], " ")
}

// Mask returns a fault line without the parts that differ between runs: numbers, addresses
// and the names of temporary files. Numbers within words stay, such as those of "ip6" and
// "iso9660", and so do numbers of errors, such as -22.
func Mask(line string) string {
	line = address().ReplaceAllString(line, "#")
	return freeNumber().ReplaceAllString(temporary().ReplaceAllString(line, "$1#"), "$1#")
}

var (
	temporary  = lazyregexp.New(`(/tmp/|LTP_)[\w.-]+`)
	freeNumber = lazyregexp.New(`(^|[\s\[(:=,#/])\d+(?:\.\d+)?\b`)
)
