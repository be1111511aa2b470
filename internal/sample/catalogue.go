// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"embed"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kcidb-go/kcidb/report"
)

//go:embed catalogue/*.txt
var files embed.FS

// catalogue is the part of the world that does not depend on the seed:
// everything that can be built and tested, and the labs.
type catalogue struct {
	branches  []*branch
	builds    []*config
	platforms []*platform
	suites    []*suite
	texts     map[string][]string
}

// branch is a line of development under test.
type branch struct {
	key          uint64
	tree, name   string
	naming, base string // how its commits are named; the stable series
	weight, size int
	origins      []string
	patches      bool
	url          string
}

// config is a configuration built with a compiler.
type config struct {
	key                      uint64
	origin, arch             string
	name, compiler, fileName string // fileName: name and compiler, usable in a URL
	full                     bool
}

// platform is a type of machine in a lab.
type platform struct {
	key                     uint64
	origin, lab, name, arch string
	config                  string // a word that its configurations' names contain, or ""
	compatible              []string
}

// suite is a group of tests that run together.
type suite struct {
	key           uint64
	path          string
	origins       []string
	share         int
	archs         []string // empty: any
	config        string   // a word that its configurations' names contain, or ""
	status        report.Status
	number        *measure
	cases         []testCase
	isBoot, plain bool
}

// testCase is one test of a suite.
type testCase struct {
	key  uint64
	name string  // "fork01"
	path *string // "ltp.syscalls.fork01"
	flat *string // "ltp.fork01", the name that some origins use
}

// measure is the range of the values that a suite's tests measure.
type measure struct {
	low, high, scale int64
	unit             *string
	prefix           *report.Prefix
}

// loadCatalogue returns the catalogue. The files are part of the program, so a
// mistake in them is a mistake in the program: it panics.
var loadCatalogue = sync.OnceValue(func() *catalogue {
	c := &catalogue{texts: map[string][]string{}}
	for _, words := range table("trees.txt") {
		naming, base, _ := strings.Cut(words[2], ":")
		origins, patches := strings.CutSuffix(words[5], "+")
		c.branches = append(c.branches, &branch{
			key: hash(words[0] + " " + words[1]), tree: words[0], name: words[1], naming: naming, base: base,
			weight: int(number(words[3])), size: int(number(words[4])),
			origins: strings.Split(origins, ","), patches: patches, url: words[6],
		})
	}
	for _, words := range table("builds.txt") {
		for compiler := range strings.SplitSeq(words[3], ",") {
			compiler = strings.ReplaceAll(compiler, "_", " ")
			b := newConfig(words[0], words[1], words[2], compiler)
			b.full = len(words) > 4
			c.builds = append(c.builds, b)
		}
	}
	for _, words := range table("platforms.txt") {
		c.platforms = append(c.platforms, &platform{
			key:    hash(strings.Join(words[:4], " ")),
			origin: words[0], lab: blankDash(words[1]), name: words[2], arch: words[3], config: blankDash(words[4]),
			compatible: append([]string(nil), words[5:]...), // nil if the line has no further words
		})
	}
	c.suites = readSuites("suites.txt")
	c.addTexts()
	return c
})

// readSuites returns the suites of a file in the format of suites.txt.
func readSuites(file string) []*suite {
	var suites []*suite
	for _, words := range table(file) {
		if words[0] == "suite" {
			suites = append(suites, newSuite(words[1:]))
			continue
		}
		suites[len(suites)-1].add(words)
	}
	for _, s := range suites {
		if len(s.cases) == 0 {
			s.cases = []testCase{{key: s.key, name: s.path, path: &s.path, flat: &s.path}}
			s.plain = true
		}
	}
	return suites
}

// newConfig returns a configuration that an origin builds with a compiler.
func newConfig(origin, arch, name, compiler string) *config {
	return &config{
		key:    hash(origin + " " + arch + " " + name + compiler),
		origin: origin, arch: arch, name: name, compiler: compiler,
		fileName: urlWord(compiler + "-" + arch + "-" + name),
	}
}

// newSuite returns the suite of a line of suites.txt.
func newSuite(words []string) *suite {
	s := &suite{
		key: hash(words[0]), path: words[0], isBoot: words[0] == "boot",
		origins: strings.Split(words[2], ","), share: int(number(words[4])),
	}
	for _, word := range words[5:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "arch":
			s.archs = strings.Split(value, ",")
		case "config":
			s.config = value
		case "status":
			s.status = report.Status(value)
		case "number":
			part := strings.FieldsFunc(strings.Replace(value, "/", ":", 1), func(r rune) bool { return r == ':' })
			low, high, _ := strings.Cut(part[0], "-")
			s.number = &measure{
				low: number(low), high: number(high), scale: number(part[1]),
				unit: &part[2], prefix: new(report.Prefix(part[3])),
			}
		default:
			panic("catalogue: suite " + s.path + ": unknown key " + key)
		}
	}
	return s
}

// add adds the cases in a line of suites.txt.
func (s *suite) add(words []string) {
	top, _, _ := strings.Cut(s.path, ".")
	flat := top + "."
	switch top {
	case "kselftest":
		flat = s.path + "_"
	case "redhat": // redhat reports tests, not suites
		flat = ""
	}
	addCase := func(name string) {
		s.cases = append(s.cases, testCase{
			key: hash(s.path + "." + name), name: name,
			path: new(s.path + "." + name), flat: new(flat + name),
		})
	}
	for _, word := range words {
		names, count, counted := strings.Cut(word, "*")
		for name := range strings.SplitSeq(names, "/") {
			if !counted {
				addCase(name)
				continue
			}
			for i := range number(count) {
				addCase(fmt.Sprintf("%s%02d", name, i+1))
			}
		}
	}
}

// addTexts reads texts.txt.
func (c *catalogue) addTexts() {
	paragraphs := []string{"boot", "splats", "builds", "good_builds"}
	for name, body := range sections("texts.txt") {
		separator := "\n"
		if slices.Contains(paragraphs, name) {
			separator = "\n\n"
		}
		c.texts[name] = strings.Split(body, separator)
	}
}

// sections returns the sections of a file, by their names. A line "== NAME" opens a
// section.
func sections(file string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for section := range strings.SplitSeq(text(file), "\n== ") {
			name, body, _ := strings.Cut(section, "\n")
			if !yield(name, strings.ReplaceAll(strings.TrimSpace(body), `\e`, "\x1b")) {
				return
			}
		}
	}
}

// text returns a file of the catalogue.
func text(name string) string {
	data, err := files.ReadFile("catalogue/" + name)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// table returns the words of each line of a file, without comments.
func table(name string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text(name)) {
		if words := strings.Fields(line); len(words) > 0 && words[0] != "#" {
			rows = append(rows, words)
		}
	}
	return rows
}

// number returns the number that a word represents.
func number(word string) int64 {
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		panic("catalogue: " + err.Error())
	}
	return n
}

// blankDash returns the word, or "" for "-".
func blankDash(word string) string {
	if word == "-" {
		return ""
	}
	return word
}

// urlWord returns the text with everything but letters, digits and dots
// replaced by dashes.
func urlWord(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '-'
	}, text)
}
