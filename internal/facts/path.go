// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"strings"
	"unicode/utf8"
)

// dotted is the rest of a dotted path. The empty path has no components.
type dotted struct {
	rest string
	more bool // a component is left; it may be empty
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

// MatchPath reports whether the path of a test matches a glob. "*" matches any text within
// a component, "?" a character of a component, and "**" as a whole component any number of
// components, also zero. So "ltp.**" matches ltp and everything below, "ltp.*" the paths
// directly below, "ltp" only itself. The path "" has no component: only "" and "**" match
// it. All other characters match themselves.
//
// It takes at most as many steps as the product of both lengths.
func MatchPath(glob, path string) bool {
	g, p := pathOf(glob), pathOf(path)
	var again, from dotted // the glob behind the last "**", and the path at its last try
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
		from.next() // the "**" takes another component
		g, p = again, from
	}
}

// matchName reports whether a component matches a glob. Only the last "*" needs another
// try: each "*" before it has the shortest text that it can have.
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
