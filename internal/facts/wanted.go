// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"slices"
	"strings"
)

// Wanted are the values of a filter. A value meets the filter if the values with a leading
// "-" do not name it, and if the others name it or the filter has only values with a "-".
type Wanted []string

// Values returns the values that a value has to be one of.
func (w Wanted) Values() (all []string) {
	for _, value := range w {
		if !strings.HasPrefix(value, "-") {
			all = append(all, value)
		}
	}
	return all
}

// Excluded returns the values that a value must not be.
func (w Wanted) Excluded() (all []string) {
	for _, value := range w {
		if rest, ok := strings.CutPrefix(value, "-"); ok {
			all = append(all, rest)
		}
	}
	return all
}

// Accepts reports whether a value meets the filter.
func (w Wanted) Accepts(value string) bool {
	return w.accept(func(wanted string) bool { return wanted == value })
}

// AcceptsPath reports whether the path of a test meets the filter: it begins with the
// segments of a value, of which "*" stands for any.
func (w Wanted) AcceptsPath(path string) bool {
	return w.accept(func(wanted string) bool { return MatchPath(wanted, path) || MatchPath(wanted+".**", path) })
}

// AcceptsSuite reports whether tests with the first component of a path may meet the filter.
func (w Wanted) AcceptsSuite(suite string) bool {
	values := w.Values()
	return !slices.Contains(w.Excluded(), suite) &&
		(len(values) == 0 || slices.ContainsFunc(values, func(path string) bool { return MatchPath(Suite(path), suite) }))
}

// accept is called for each of many results, so it makes no lists.
func (w Wanted) accept(is func(wanted string) bool) bool {
	wanted, found := false, false
	for _, value := range w {
		if not, ok := strings.CutPrefix(value, "-"); !ok {
			wanted, found = true, found || is(value)
		} else if is(not) {
			return false
		}
	}
	return found || !wanted
}
