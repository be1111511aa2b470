// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"maps"
	"slices"
)

// FilterBar is the data of the template "filter": a form that filters the page, and the
// values that the reader chose.
type FilterBar struct {
	Action string
	Fields []Field
	// Kept are the parameters that the form keeps without showing them.
	Kept   []Kept
	Chosen []Chosen
}

// Kept is a parameter that a form keeps.
type Kept struct{ Name, Value string }

// Field is a field of a filter bar: a choice if it has options, else a text.
type Field struct {
	Label, Name, Placeholder string
	Options                  []Option
	Wide                     bool
	Value                    string // set by Bar
}

// Option is a value to choose. Its text is the value, unless it has another.
type Option struct{ Value, Text string }

// Options returns options of plain values.
func Options(values ...string) (all []Option) {
	for _, value := range values {
		all = append(all, Option{Value: value})
	}
	return all
}

// Bar returns the filter bar of a page with the filter. A field shows the first value of
// its parameter.
func (f Filter) Bar(fields ...Field) FilterBar {
	bar := FilterBar{Action: f.path}
	shown := map[string]bool{"after": true}
	for _, field := range fields {
		field.Value = f.Get(field.Name)
		// A value that is not among the options stays chosen.
		if len(field.Options) > 0 && field.Value != "" && !slices.ContainsFunc(field.Options, func(o Option) bool { return o.Value == field.Value }) {
			field.Options = append(slices.Clone(field.Options), Option{Value: field.Value})
		}
		bar.Fields = append(bar.Fields, field)
		bar.Chosen = append(bar.Chosen, f.Chosen(field.Name)...)
		shown[field.Name] = true
		for _, value := range f.values[field.Name][min(1, len(f.values[field.Name])):] {
			bar.Kept = append(bar.Kept, Kept{field.Name, value})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if !shown[name] {
			for _, value := range f.values[name] {
				bar.Kept = append(bar.Kept, Kept{name, value})
			}
		}
	}
	return bar
}

// Open reports whether a value is chosen.
func (b FilterBar) Open() bool { return len(b.Chosen) > 0 }

// Pager is the data of the template "pager".
type Pager struct {
	Range    string // what is shown, such as "50 of 1,204"
	Next     string // the URL of the next page, "" on the last one
	NextText string
	Newest   string // the URL of the first page, "" on it
}
