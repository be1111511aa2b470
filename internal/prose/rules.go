// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed rules.txt
var rulesText string

// A rule is one construction to avoid: a paragraph of rules.txt.
type rule struct {
	find      *regexp.Regexp
	write     string
	bad, good []string
}

// parseRules reads rules.txt: paragraphs of "key: value" lines, and comments
// that begin with "#".
func parseRules(text string) ([]rule, error) {
	var rules []rule
	var r rule
	for n, line := range strings.Split(text+"\n", "\n") {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimLeft(value, " ")
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "":
			if r.find != nil {
				rules = append(rules, r)
			}
			r = rule{}
		case key == "find":
			find, err := regexp.Compile("(?i)" + value)
			if err != nil {
				return nil, fmt.Errorf("rules.txt:%d: %w", n+1, err)
			}
			r.find = find
		case key == "write":
			r.write = value
		case key == "bad":
			r.bad = append(r.bad, value)
		case key == "good":
			r.good = append(r.good, value)
		default:
			return nil, fmt.Errorf("rules.txt:%d: unknown key %q", n+1, key)
		}
	}
	return rules, nil
}

// A finding is a phrase that a rule matches, and the offset of the phrase in
// the text.
type finding struct {
	offset int
	phrase string
	write  string
}

// check returns the phrases in a paragraph that the rules match. The length
// of the text does not change while it is prepared, so offsets stay right.
func check(rules []rule, paragraph string) []finding {
	paragraph = codeSpan.ReplaceAllStringFunc(paragraph, func(s string) string { return strings.Repeat("_", len(s)) })
	paragraph = strings.ReplaceAll(paragraph, "\n", " ")
	var all []finding
	for _, r := range rules {
		for _, at := range r.find.FindAllStringIndex(paragraph, -1) {
			phrase := paragraph[at[0]:at[1]]
			trimmed := strings.TrimLeft(phrase, " .,;:")
			offset := at[1] - len(trimmed)
			if words := strings.Fields(trimmed); len(words) > 5 {
				trimmed = strings.Join(words[:5], " ") + " …"
			}
			all = append(all, finding{offset, strings.TrimRight(trimmed, " "), r.write})
		}
	}
	return all
}

// codeSpan is a name or a command in backticks: it is quoted, not written.
var codeSpan = regexp.MustCompile("`[^`\n]+`")
