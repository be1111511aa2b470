// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// filters say which builds, boots, tests and issues are wanted. Filters of a build's
// configuration, architecture and compiler apply to its boots and tests as well; each
// other filter applies to the kind that it names. nil and the zero value let pass all.
type filters struct {
	config, architecture, compiler texts
	build, boot, test              kindFilters
	trees                          texts // of a hardware
	n                              int   // number of filters
	related                        bool  // only builds with boots or tests that are wanted
}

// maxFilters is how many filters a request may have: each is compared with each test.
const maxFilters = 1000

// kindFilters are the filters of builds, of boots, or of other tests.
type kindFilters struct {
	status, origin          texts
	platform, hardware, lab texts
	paths                   []string // parts of the path
	durations               []bound
	seen                    []issueFilter
}

// texts are the wanted values, "Unknown" for no value; nil for any.
type texts []string

func (t texts) accepts(s string) bool { return t == nil || slices.Contains(t, orUnknown(s)) }

// bound is a condition on a number.
type bound struct {
	is    string // "" equal, gte, lte, gt, lt
	value float64
}

func (b bound) contains(n float64) bool {
	switch b.is {
	case "gte":
		return n >= b.value
	case "lte":
		return n <= b.value
	case "gt":
		return n > b.value
	case "lt":
		return n < b.value
	}
	return n == b.value
}

// issueFilter is a condition on the issues that were seen in a build or a test.
type issueFilter struct {
	uncategorized bool // it failed, and no issue was seen in it
	id            string
	version       int // -1 for any
}

// filterField is a property to filter by.
type filterField struct {
	name, text string
	add        func(f *filters, is, value string) error
}

// filterFields are all of these. Other parameters are ignored.
var filterFields = []filterField{
	{"config_name", "Name of the build's configuration", textFilter(func(f *filters) *texts { return &f.config })},
	{"architecture", "Architecture of the build", textFilter(func(f *filters) *texts { return &f.architecture })},
	{"compiler", "Compiler of the build", textFilter(func(f *filters) *texts { return &f.compiler })},
	{"duration", "As build.duration", durationFilter("duration", func(f *filters) *kindFilters { return &f.build })},
	{"build.status", "Status of builds", statusFilter("build.status", func(f *filters) *texts { return &f.build.status })},
	{"boot.status", "Status of boots", statusFilter("boot.status", func(f *filters) *texts { return &f.boot.status })},
	{"test.status", "Status of tests", statusFilter("test.status", func(f *filters) *texts { return &f.test.status })},
	{"build.duration", "Duration of builds, in seconds", durationFilter("build.duration", func(f *filters) *kindFilters { return &f.build })},
	{"boot.duration", "Duration of boots, in seconds", durationFilter("boot.duration", func(f *filters) *kindFilters { return &f.boot })},
	{"test.duration", "Duration of tests, in seconds", durationFilter("test.duration", func(f *filters) *kindFilters { return &f.test })},
	{"build.origin", "Origin of builds", textFilter(func(f *filters) *texts { return &f.build.origin })},
	{"boot.origin", "Origin of boots", textFilter(func(f *filters) *texts { return &f.boot.origin })},
	{"test.origin", "Origin of tests", textFilter(func(f *filters) *texts { return &f.test.origin })},
	{
		"test.hardware", "Compatible or platform of the hardware of boots and tests",
		textFilter(func(f *filters) *texts { return &f.boot.hardware }, func(f *filters) *texts { return &f.test.hardware }),
	},
	{
		"test.lab", "Lab of boots and tests: misc.runtime, or else the origin; Unknown for names that begin with k8s-",
		textFilter(func(f *filters) *texts { return &f.boot.lab }, func(f *filters) *texts { return &f.test.lab }),
	},
	{"boot.platform", "Platform of boots", textFilter(func(f *filters) *texts { return &f.boot.platform })},
	{"test.platform", "Platform of tests", textFilter(func(f *filters) *texts { return &f.test.platform })},
	{"boot.path", "Part of the path of boots", pathFilter(func(f *filters) *kindFilters { return &f.boot })},
	{"test.path", "Part of the path of tests", pathFilter(func(f *filters) *kindFilters { return &f.test })},
	{
		"build.issue", "Issue seen in builds: ID,VERSION; ID,null for any version; Uncategorized for failed builds without an issue",
		seenFilter(func(f *filters) *kindFilters { return &f.build }),
	},
	{"boot.issue", "Issue seen in boots, as build.issue", seenFilter(func(f *filters) *kindFilters { return &f.boot })},
	{"test.issue", "Issue seen in tests, as build.issue", seenFilter(func(f *filters) *kindFilters { return &f.test })},
	{"trees", "Trees of a hardware", textFilter(func(f *filters) *texts { return &f.trees })},
	// The list of issues reads these itself (listIssuesInput). Other lists only accept them.
	{"origin", "Origin of issues, in the list of issues", textFilter()},
	{"issue.culprit", "Culprit of issues: code, tool or harness", textFilter()},
	{"issue.categories", "Categories of issues", textFilter()},
	{"issue.options", "hasIncident for issues that were seen", textFilter()},
}

func textFilter(of ...func(*filters) *texts) func(*filters, string, string) error {
	return func(f *filters, is, value string) error {
		if is == "" {
			for _, of := range of {
				*of(f) = append(*of(f), value)
			}
		}
		return nil
	}
}

// statusNames are the statuses to filter by.
var statusNames = []string{"PASS", "FAIL", "ERROR", "SKIP", "MISS", "DONE", "NULL", unknown}

func statusFilter(name string, of func(*filters) *texts) func(*filters, string, string) error {
	add := textFilter(of)
	return func(f *filters, is, value string) error {
		if !slices.Contains(statusNames, value) {
			return fmt.Errorf("filter_%s is %.40q: expected one of %s", name, value, strings.Join(statusNames, ", "))
		}
		return add(f, is, value)
	}
}

func pathFilter(of func(*filters) *kindFilters) func(*filters, string, string) error {
	return func(f *filters, _, value string) error {
		of(f).paths = append(of(f).paths, value)
		return nil
	}
}

func durationFilter(name string, of func(*filters) *kindFilters) func(*filters, string, string) error {
	return func(f *filters, is, value string) error {
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || n != n {
			return fmt.Errorf("filter_%s is %.40q: expected a number", name, value)
		}
		of(f).durations = append(of(f).durations, bound{is, n})
		return nil
	}
}

func seenFilter(of func(*filters) *kindFilters) func(*filters, string, string) error {
	return func(f *filters, _, value string) error {
		wanted := issueFilter{id: value, version: -1}
		// The KernelCI front end sends a version even for Uncategorized.
		if value == "Uncategorized" || value == "Uncategorized,null" {
			wanted = issueFilter{uncategorized: true}
		} else if i := strings.LastIndexByte(value, ','); i >= 0 {
			wanted.id = value[:i]
			if version := value[i+1:]; version != "null" && version != "" {
				n, err := strconv.Atoi(version)
				if err != nil {
					return fmt.Errorf("an issue to filter by is %.100q: expected its ID and its version, as in ci:issue-1,2", value)
				}
				wanted.version = n
			}
		}
		of(f).seen = append(of(f).seen, wanted)
		return nil
	}
}

// parseFilters returns the filters among the parameters of a URL. Its errors are for
// clients.
func parseFilters(query url.Values) (*filters, error) {
	f := &filters{}
	for parameter, values := range query {
		field, is := fieldOf(parameter)
		if field == nil {
			continue
		}
		for _, value := range values {
			if err := f.add(field, is, value); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// parseFilterBody returns the filters of a body, by the names of the parameters. A
// value is a text, a number, or a list of these.
func parseFilterBody(body map[string]any) (*filters, error) {
	f := &filters{}
	for parameter, value := range body {
		field, is := fieldOf(parameter)
		if field == nil {
			continue
		}
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		for _, value := range values {
			var err error
			switch value := value.(type) {
			case string:
				err = f.add(field, is, value)
			case float64:
				err = f.add(field, is, strconv.FormatFloat(value, 'f', -1, 64))
			case nil:
			default:
				err = fmt.Errorf("%s holds %.40v: expected texts or numbers", parameter, value)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// fieldOf returns the property that a parameter filters by, and the comparison: "" for
// equality, gte, lte, gt or lt. It returns nil for other parameters.
func fieldOf(parameter string) (field *filterField, is string) {
	name, ok := strings.CutPrefix(parameter, "filter_")
	if !ok {
		return nil, ""
	}
	if i := strings.LastIndex(name, "_["); i >= 0 && strings.HasSuffix(name, "]") {
		name, is = name[:i], name[i+2:len(name)-1]
		if !slices.Contains([]string{"gte", "lte", "gt", "lt"}, is) {
			return nil, ""
		}
	}
	for i := range filterFields {
		if filterFields[i].name == name {
			return &filterFields[i], is
		}
	}
	return nil, ""
}

// add adds a filter. An empty value is ignored, because forms send it for empty fields.
func (f *filters) add(field *filterField, is, value string) error {
	if value == "" {
		return nil
	}
	if f.n++; f.n > maxFilters {
		return fmt.Errorf("there are more than %d filters", maxFilters)
	}
	return field.add(f, is, value)
}

// filterParams describes the parameters that are filters.
func filterParams() []*huma.Param {
	var all []*huma.Param
	for _, field := range filterFields {
		all = append(all, &huma.Param{
			Name: "filter_" + field.name, In: "query", Description: field.text,
			Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}},
		})
	}
	return all
}

// filtered is embedded by inputs with filters.
type filtered struct{ filters *filters }

// params describes the filters.
func (*filtered) params() []*huma.Param { return filterParams() }

// Resolve reads the filters.
func (in *filtered) Resolve(hc huma.Context) []error {
	u := hc.URL()
	f, err := parseFilters(u.Query())
	if err != nil {
		return []error{err}
	}
	in.filters = f
	return nil
}
