// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"strings"
	"unicode/utf8"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// The bounds of a log. Excerpts have 16 kB by the schema; older versions of it had no
// limit.
const (
	maxLogBytes = 4 << 20
	maxLogLines = 20_000
	maxLogLine  = 2_000 // characters
	logPart     = 200   // lines that a browser draws at once
)

// Log is the excerpt of a log, for the template "log". Each of its lines has a number
// that is an anchor, such as #L12.
type Log struct {
	Name  string // of the region, for readers who do not see it
	Lines []LogLine
	Total int // lines of the whole excerpt
	Fault int // the number of the line that says why it failed, 0 for none
	Title string
	// LeftOut is how many bytes at the end of the excerpt have no lines here.
	LeftOut int
}

// LogLine is a line of a log, or a number of lines that are left out.
type LogLine struct {
	Number int // from 1; 0 for lines that are left out
	Text   string
	Class  string // "hit" for the fault, "rel" for lines that belong to it, or ""
	Gap    int    // lines that are left out
	Marked bool   // lines that are left out have marked ones among them
}

// LogOf returns all lines of the excerpt of a log. path is the path of the test, "" for a
// build.
func LogOf(excerpt, path string) *Log {
	text := excerpt[:min(len(excerpt), maxLogBytes)]
	l := &Log{Name: "Log excerpt"}
	read := 0
	for line := range strings.Lines(text) {
		if len(l.Lines) == maxLogLines {
			break
		}
		read += len(line)
		l.Lines = append(l.Lines, LogLine{Number: len(l.Lines) + 1, Text: logText(line)})
	}
	l.Total, l.LeftOut = len(l.Lines), len(excerpt)-read
	if _, number, title := verdict.Fault(excerpt, path); number > 0 && number <= l.Total {
		l.Fault, l.Title = number, title
	}
	l.mark()
	return l
}

// logText returns a line of a log without its end, and without characters that do more
// than show.
func logText(line string) string {
	line = strings.TrimRight(line, "\r\n")
	if end := maxLogLine * utf8.UTFMax; len(line) > end {
		line = line[:end]
	}
	line = strings.ReplaceAll(describe.Text(line), "\n", " ")
	if runes := []rune(line); len(runes) > maxLogLine {
		return string(runes[:maxLogLine]) + "…"
	}
	return line
}

// mark sets the classes of the lines.
func (l *Log) mark() {
	for i := range l.Lines {
		if describe.IsTrouble(l.Lines[i].Text) {
			l.Lines[i].Class = "rel"
		}
	}
	if l.Fault == 0 {
		return
	}
	first, last := l.around(l.Fault - 1)
	for i := first; i <= last; i++ {
		l.Lines[i].Class = "rel"
	}
	l.Lines[l.Fault-1].Class = "hit"
}

// The most lines that belong to a fault, before and behind it.
const (
	linesBefore = 3
	traceLines  = 80
	quoteLines  = 12
)

// around returns the first and the last of the lines that belong to the fault in line i.
func (l *Log) around(i int) (first, last int) {
	begins, ends, most := quotes, quotes, quoteLines
	if l.Title != "" {
		begins, ends, most = beginsTrace, nil, traceLines
	}
	for first = i; first > 0 && i-first < linesBefore && begins(l.Lines[first-1].Text); first-- {
	}
	if ends == nil {
		return first, l.endOfTrace(i)
	}
	for last = i; last+1 < l.Total && last-i < most && ends(l.Lines[last+1].Text); last++ {
	}
	return first, last
}

// beginsTrace reports whether a line frames the beginning of a kernel's message.
func beginsTrace(line string) bool {
	return strings.Contains(line, "cut here ]") || strings.Contains(line, "==========")
}

// endOfTrace returns the last line of the message of the kernel that has its fault in
// line i. A message without an end is as long as a screen at most, and ends where the
// kernel's lines end.
func (l *Log) endOfTrace(i int) int {
	const screen = 25
	last := i
	for j := i + 1; j < l.Total && j-i <= traceLines; j++ {
		line := l.Lines[j].Text
		if strings.Contains(line, "---[ end ") || strings.Contains(line, "==========") {
			return j
		}
		if j == last+1 && j-i <= screen && strings.Contains(line, "[") {
			last = j
		}
	}
	return last
}

// quotes reports whether a line belongs to the message of a compiler beside it: the code,
// or where the code was included.
func quotes(line string) bool {
	code, _, quoted := strings.Cut(line, "|")
	return quoted && strings.Trim(code, " 0123456789") == "" || strings.Contains(line, ": note: ") ||
		strings.HasPrefix(line, "In file included from ") || strings.HasPrefix(strings.TrimLeft(line, " "), "from ") ||
		strings.Contains(line, ": In function ") || strings.Contains(line, "| ^")
}

// Short returns the log with the lines that matter, about as many as most, and the
// numbers of lines that are left out between them: the fault with the lines around it,
// other lines of trouble, and the last lines that are not blank. It is the log itself if it is not longer.
func (l *Log) Short(most int) *Log {
	if l.Total <= most {
		return l
	}
	keep := make([]bool, l.Total)
	left := most
	add := func(from, to int) {
		for i := max(from, 0); i < min(to, l.Total) && left > 0; i++ {
			if !keep[i] {
				keep[i] = true
				left--
			}
		}
	}
	end := 3
	if l.Fault == 0 {
		end = most / 2
	}
	last := l.Total
	for last > 0 && strings.TrimSpace(l.Lines[last-1].Text) == "" {
		last--
	}
	add(last-end, last)
	if l.Fault > 0 {
		first, last := l.around(l.Fault - 1)
		before := max(first-linesBefore, 0)
		add(before, min(last+1+linesBefore, before+most*2/3))
	}
	for i := l.Total - 1; i >= 0 && left > most/6; i-- {
		if l.Lines[i].Class != "" {
			add(i, i+1)
		}
	}
	if l.Fault == 0 {
		add(0, 3)
		add(last-end-left, last)
	}
	return l.only(keep)
}

// only returns the log with the lines to keep. It also keeps the lines of a gap that is
// not worth its mark.
func (l *Log) only(keep []bool) *Log {
	short := *l
	short.Lines = nil
	for i := 0; i < l.Total; {
		end, marked := i, false
		for ; end < l.Total && !keep[end]; end++ {
			marked = marked || l.Lines[end].Class != ""
		}
		if gap := end - i; gap > 2 {
			short.Lines = append(short.Lines, LogLine{Gap: gap, Marked: marked})
		} else {
			short.Lines = append(short.Lines, l.Lines[i:end]...)
		}
		if end < l.Total {
			short.Lines = append(short.Lines, l.Lines[end])
		}
		i = end + 1
	}
	return &short
}

// Parts returns the lines in parts that a browser draws if they are in sight.
func (l *Log) Parts() (parts [][]LogLine) {
	for from := 0; from < len(l.Lines); from += logPart {
		parts = append(parts, l.Lines[from:min(from+logPart, len(l.Lines))])
	}
	return parts
}

// Long reports whether the numbers of lines need more room.
func (l *Log) Long() bool { return l.Total > 9_999 }

// FaultLine returns the text of the line that says why it failed, "" if no line does.
func (l *Log) FaultLine() string {
	for i := range l.Lines {
		if l.Fault > 0 && l.Lines[i].Number == l.Fault {
			return l.Lines[i].Text
		}
	}
	return ""
}
