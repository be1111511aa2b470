// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Facts are the facts of a revision that its sentence tells.
type Facts struct {
	Earlier string // the name of the earlier revision of the branch, "" for none
	// New are the titles of the new causes, the most important first, each as a clause such
	// as "rk3588-rock-5b does not boot". The list may be shorter than Causes says.
	New    []string
	Counts Counts // numbers of results, all kinds of objects together
	Causes Counts // numbers of causes
	Judged bool   // false until the revision was judged
}

// maxSentence is the length of a sentence in characters.
const maxSentence = 140

// Sentence returns the state of a revision in one sentence of at most 140 characters.
// Pages, mails and commands show the same sentence.
func Sentence(f Facts) string {
	total := f.Counts.Total()
	switch {
	case !f.Judged:
		return "Not judged yet."
	case total == 0:
		return "No results yet."
	case f.Counts[New] > 0:
		return f.worse()
	case f.Counts[OK]+f.Counts[Fixed] == total:
		return allPass(total) + f.fixed()
	case f.Earlier == "":
		return fit("Nothing to compare with: ", f.numbers(Still, Flaky, Known, Lab, Skip))
	case f.Counts[Still]+f.Counts[Flaky]+f.Counts[Known]+f.Counts[Lab] == 0:
		return fit("Nothing fails: ", f.numbers(OK, Fixed, Skip))
	}
	return fit("Nothing new: ", f.numbers(Still, Fixed, Flaky, Known, Lab))
}

// worse lists the new causes, as many as fit.
func (f *Facts) worse() string {
	start := "Worse than " + f.Earlier + ": "
	if f.Earlier == "" {
		start = "Worse: "
	}
	causes := max(f.Causes[New], int64(len(f.New)), 1)
	if len(f.New) == 0 {
		return fit(start, []string{plural(causes, "new cause") + " in " + plural(f.Counts[New], "result")})
	}
	for n := len(f.New); n > 0; n-- {
		parts := f.New[:n:n]
		if left := causes - int64(n); left > 0 {
			parts = append(parts, Number(left)+" more")
		}
		if text := start + strings.Join(parts, ", ") + "."; utf8.RuneCountInString(text) <= maxSentence {
			return text
		}
	}
	end := "."
	if causes > 1 {
		end = ", " + Number(causes-1) + " more."
	}
	return shorten(start+f.New[0], maxSentence-utf8.RuneCountInString(end)) + end
}

func allPass(total int64) string {
	if total == 1 {
		return "The only result passes."
	}
	return "All " + Number(total) + " results pass."
}

// fixed returns the number of fixed results as a sentence, "" for none.
func (f *Facts) fixed() string {
	if n := f.Counts[Fixed]; n > 0 {
		return " " + Number(n) + " fixed."
	}
	return ""
}

// numbers returns the numbers of results with verdicts, without zeros.
func (f *Facts) numbers(kinds ...Kind) []string {
	parts := f.Counts.numbers(kinds)
	if parts == nil {
		parts = []string{Number(f.Counts.Total()) + " " + OK.Phrase()}
	}
	return parts
}

func (c Counts) numbers(kinds []Kind) (parts []string) {
	for _, k := range kinds {
		if n := c[k]; n > 0 {
			parts = append(parts, Number(n)+" "+k.Phrase())
		}
	}
	return parts
}

// Text returns the numbers of results in words, the worst first, such as "2 new, 1 still
// failing"; "" without results.
func (c Counts) Text() string { return strings.Join(c.numbers(Kinds), ", ") }

func fit(start string, parts []string) string {
	return shorten(start+strings.Join(parts, ", ")+".", maxSentence)
}

// Short returns a sentence with at most 140 characters. It ends with "…" if it was cut.
func Short(sentence string) string { return shorten(sentence, maxSentence) }

// shorten returns a text with at most n characters. It ends with "…" if it was cut.
func shorten(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)[:max(n-1, 0)]
	return strings.TrimRight(string(runes), " ,") + "…"
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + noun + "s"
}

// Number returns a number with commas between thousands.
func Number(n int64) string {
	text := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, text = "-", text[1:]
	}
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}
