// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"strings"
	"unicode/utf8"
)

// dotted is what is left of a dotted path. The empty path has no components.
type dotted struct {
	rest string
	more bool // whether there is a component left, if an empty one
}

func pathOf(path string) dotted { return dotted{path, path != ""} }

// next takes the next component.
func (d *dotted) next() (name string, ok bool) {
	if !d.more {
		return "", false
	}
	name, d.rest, d.more = strings.Cut(d.rest, ".")
	return name, true
}

// MatchPath tells whether the path of a test fits a glob: "*" is any text within
// one component, "?" one character of it, and "**" as a whole component any
// number of components, none included. So "ltp.**" is ltp and all below,
// "ltp.*" what is directly below, "ltp" nothing else. The path "" has no
// component: only "" and "**" fit it. All other characters stand for themselves.
//
// It takes no more steps than the product of both lengths, whatever they are.
func MatchPath(glob, path string) bool {
	g, p := pathOf(glob), pathOf(path)
	var again, from dotted // what is behind the last "**", and where that was tried last
	retry := false
	for {
		want, ok := g.next()
		if ok && want == "**" {
			again, from, retry = g, p, true
			continue
		}
		name, found := p.next()
		switch {
		case !ok && !found:
			return true
		case ok && found && matchName(want, name):
			continue
		case !retry || !from.more:
			return false
		}
		from.next() // one component more for the "**"
		g, p = again, from
	}
}

// matchName tells whether a component fits a glob. Only the last "*" needs
// another try: those before it have the least they may have.
func matchName(glob, name string) bool {
	var again, from string
	retry := false
	for {
		switch {
		case strings.HasPrefix(glob, "*"):
			glob = glob[1:]
			again, from, retry = glob, name, true
			continue
		case glob == "" && name == "":
			return true
		case glob != "" && name != "":
			want, n := utf8.DecodeRuneInString(glob)
			r, m := utf8.DecodeRuneInString(name)
			if want == '?' || want == r {
				glob, name = glob[n:], name[m:]
				continue
			}
		}
		if !retry || from == "" {
			return false
		}
		_, m := utf8.DecodeRuneInString(from)
		from = from[m:]
		glob, name = again, from
	}
}
