// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/facts"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// AsOf is the name of the parameter that keeps a view still: the page shows revisions
// that started by then.
const AsOf = "as_of"

// maxValues is the most values of a parameter. Each of them is a link on the page, with all the
// others in it.
const maxValues = 30

// canonical returns an error if a URL has a parameter that a view does not read, or if
// the same view has a better URL: parameters in order, none empty, none of trackers.
func canonical(u *url.URL, params []string) error {
	if u.RawQuery == "" && !u.ForceQuery {
		return nil
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return &Refusal{Status: http.StatusBadRequest, Title: "The address has a damaged parameter", Help: "Write % as %25, and & within a value as %26."}
	}
	clean := make(url.Values)
	for name, all := range values {
		if tracker(name) {
			continue
		}
		if len(all) > maxValues {
			return &Refusal{Status: http.StatusBadRequest, Title: fmt.Sprintf("%s has %d values", shorten(name), len(all)),
				Help: fmt.Sprintf("A parameter has at most %d values. Take some out of the address.", maxValues)}
		}
		if !slices.Contains(params, name) {
			return unknown(name, params)
		}
		for _, value := range all {
			if value != "" && !slices.Contains(clean[name], value) {
				clean[name] = append(clean[name], value)
			}
		}
		slices.Sort(clean[name])
	}
	if query := clean.Encode(); query != u.RawQuery || u.ForceQuery {
		return &Redirect{To: WithValues(u.EscapedPath(), clean)}
	}
	return nil
}

// tracker reports whether other sites append a parameter to count their readers.
func tracker(name string) bool {
	return strings.HasPrefix(name, "utm_") || name == "fbclid" || name == "gclid"
}

// unknown is the error of an unknown parameter. The page does not ignore it, because with
// a typing error in the name of a filter the page would show too much or nothing.
func unknown(name string, params []string) error {
	help := "This page has no parameters. Take it out of the address."
	if len(params) > 0 {
		help = "This page has the parameters " + strings.Join(params, ", ") + "."
	}
	return &Refusal{Status: http.StatusBadRequest, Title: fmt.Sprintf("This page has no parameter %q", shorten(name)), Help: help}
}

// Filter is what the parameters of a URL select. Parameters of different names are
// joined by "and", those of one name by "or", and a value with a leading "-" by "not".
type Filter struct {
	path   string // of the page, percent-encoded
	values url.Values
}

// FilterOf returns the filter of a request.
func FilterOf(r *http.Request) Filter { return Filter{r.URL.EscapedPath(), r.URL.Query()} }

// Get returns the first value of a parameter, "" without it.
func (f Filter) Get(name string) string { return f.values.Get(name) }

// All returns the values of a parameter as they are, with "-" before those that a value
// must not be.
func (f Filter) All(name string) []string { return f.values[name] }

// Values returns the values of a parameter that a value has to be one of.
func (f Filter) Values(name string) []string { return f.Wanted(name).Values() }

// Excluded returns the values of a parameter that a value must not be.
func (f Filter) Excluded(name string) []string { return f.Wanted(name).Excluded() }

// Wanted returns the values of a parameter as a filter.
func (f Filter) Wanted(name string) facts.Wanted { return f.values[name] }

// Has reports whether the filter has one of the parameters.
func (f Filter) Has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return len(f.values[name]) > 0 })
}

// Matches reports whether a value meets the parameter.
func (f Filter) Matches(name, value string) bool { return f.Wanted(name).Accepts(value) }

// MatchesPath reports whether the path of a test meets the parameter: it begins with the
// segments of a value, of which "*" stands for any.
func (f Filter) MatchesPath(name, path string) bool { return f.Wanted(name).AcceptsPath(path) }

// OfAPI returns those of the parameters that the API's calls about verdicts take with the
// values of the filter. They list no results that simply pass or were skipped.
func (f Filter) OfAPI(params ...string) []string {
	return slices.DeleteFunc(slices.Clone(params), func(name string) bool {
		return name == "verdict" && slices.ContainsFunc(f.values[name], func(v string) bool {
			k := verdict.Kind(v)
			return !k.Valid() || k == verdict.OK || k == verdict.Skip
		})
	})
}

// URL returns the URL of the page with the filter.
func (f Filter) URL() string { return WithValues(f.path, f.values) }

// With returns the URL of the page with other values of a parameter, from the beginning
// of its list; without a value the parameter goes.
func (f Filter) With(name string, values ...string) string {
	return f.changed(f.path, func(v url.Values) { v[name] = values })
}

// Plus returns the URL of the page with one more value of a parameter.
func (f Filter) Plus(name, value string) string {
	return f.changed(f.path, func(v url.Values) {
		if !slices.Contains(v[name], value) {
			v[name] = append(v[name], value)
		}
	})
}

// Minus returns the URL of the page without a value of a parameter.
func (f Filter) Minus(name, value string) string {
	return f.changed(f.path, func(v url.Values) {
		v[name] = slices.DeleteFunc(v[name], func(has string) bool { return has == value })
	})
}

// Carried returns the URL of another page with the parameters of the names, so that a
// filter travels. The URL may have parameters already, but no fragment.
func (f Filter) Carried(to string, names ...string) string {
	path, query, _ := strings.Cut(to, "?")
	values, _ := url.ParseQuery(query)
	for _, name := range names {
		if len(f.values[name]) > 0 && values[name] == nil {
			values[name] = f.values[name]
		}
	}
	if path == "" {
		return to
	}
	return WithValues(path, values)
}

// changed returns the URL of a path with the filter after a change. A cursor of the old
// filter does not fit the new one, unless the change set it.
func (f Filter) changed(path string, change func(url.Values)) string {
	values := make(url.Values, len(f.values)+1)
	for name, all := range f.values {
		if name != "after" {
			values[name] = slices.Clone(all)
		}
	}
	change(values)
	for name, all := range values {
		all = slices.DeleteFunc(all, func(value string) bool { return value == "" })
		slices.Sort(all)
		values[name] = all
	}
	return WithValues(path, values)
}

// Until returns the time of the parameter as_of, the zero time without it.
func (f Filter) Until() (time.Time, error) {
	text := f.Get(AsOf)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, BadValue(AsOf, text, "a time such as 2026-11-27T17:04:00Z")
	}
	return at, nil
}

// Days returns the value of the parameter days, or the default.
func (f Filter) Days(standard int) (int, error) {
	return f.number("days", "a number of days", standard, 1, maxDays)
}

// Number returns the value of a parameter that is a number from least to most, or the
// default.
func (f Filter) Number(name string, standard, least, most int) (int, error) {
	return f.number(name, "a number", standard, least, most)
}

func (f Filter) number(name, what string, standard, least, most int) (int, error) {
	text := f.Get(name)
	if text == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most || strconv.Itoa(n) != text {
		return 0, BadValue(name, text, fmt.Sprintf("%s from %d to %d", what, least, most))
	}
	return n, nil
}

const maxDays = 3650

// Chosen is a value that the reader filtered by, with the URL that takes it away.
type Chosen struct{ Name, Value, Remove string }

// Chosen returns the values that the reader filtered by, of the parameters of the names.
func (f Filter) Chosen(names ...string) (all []Chosen) {
	for _, name := range names {
		for _, value := range f.values[name] {
			all = append(all, Chosen{name, value, f.Minus(name, value)})
		}
	}
	return all
}
