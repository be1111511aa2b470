// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/report"
)

const (
	maxGroups = 20 // that are listed
	maxNames  = 3  // platforms, configurations and so on of one
)

// Group is results alike that are bad.
type Group struct {
	Title   string // status, name and number of them
	Members string // names of the tests, where they are several
	Where   string // platforms, architectures, configurations
	Link    string // page of one of them
}

// Groups are the results of an object that are bad.
type Groups struct {
	Noun    string  // "test", for one of them
	Known   bool    // those in which a known issue was seen are left out
	List    []Group // the worst
	More    int64   // results that are in none of these
	Example Example // a log, where there is one
}

// Example is a build or a test of which there is a log.
type Example struct {
	Name    string
	Log     string // URL
	Excerpt string
}

// Some tells whether there is anything to show.
func (e Example) Some() bool { return e.Excerpt != "" || e.Log != "" }

// consider takes another example if it tells more: the first that does.
func (e *Example) consider(name, log, text string) {
	other := Example{name, log, excerpt(text)}
	if !e.Some() || other.worth() > e.worth() {
		*e = other
	}
}

// worth is 0 without lines of a log, and otherwise greater the graver their trouble.
func (e Example) worth() int {
	if e.Excerpt == "" {
		return 0
	}
	return 1 + gravity(e.Excerpt)
}

// title writes a status, a name, and how often there is the same.
func title(status report.Status, name string, n int64) string {
	if n > 1 {
		name += ", " + number(n) + " times"
	}
	return string(status) + ": " + name
}

// BadCheckouts are the checkouts that failed.
func (d *Data) BadCheckouts() (*Groups, error) {
	all, err := checkouts(d.Object)
	if err != nil {
		return nil, err
	}
	g := &Groups{Noun: "checkout"}
	for _, c := range all {
		if c.Validity() != report.StatusFail {
			continue
		}
		if len(g.List) == maxGroups {
			g.More++
			continue
		}
		id := line(c.Checkout.ID)
		g.Example.consider(id, c.Log(), c.Excerpt())
		g.List = append(g.List, Group{Title: title(report.StatusFail, id, 1), Link: pageurl.Of(d.Base, c.Ref())})
	}
	return g.orNil(), nil
}

// BadBuilds are the builds that failed, those of the same architecture and
// configuration in one group.
func (d *Data) BadBuilds() (*Groups, error) {
	builds, _, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	type key struct {
		status report.Status
		what   string
	}
	alike := map[key][]*graph.Build{}
	var keys []key
	for _, b := range builds.List {
		k := key{b.Outcome(), strings.TrimSpace(line(b.Architecture()) + " " + line(b.Config()))}
		if graph.Bad(summary.Counts{k.status: 1}) == 0 {
			continue
		}
		if alike[k] == nil {
			keys = append(keys, k)
		}
		alike[k] = append(alike[k], b)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(byStatus(a.status, b.status), -cmp.Compare(len(alike[a]), len(alike[b])), cmp.Compare(a.what, b.what))
	})
	g := &Groups{Noun: "build"}
	for i, k := range keys {
		group := alike[k]
		if i >= maxGroups {
			g.More += int64(len(group))
			continue
		}
		for _, b := range group {
			g.Example.consider(buildName(b), b.Log(), b.Excerpt())
		}
		g.List = append(g.List, Group{
			Title: title(k.status, cmp.Or(k.what, buildName(group[0])), int64(len(group))),
			Where: compilers(group), Link: pageurl.Of(d.Base, group[0].Ref()),
		})
	}
	return g.orNil(), nil
}

// byStatus compares statuses, the worse one first.
func byStatus(a, b report.Status) int {
	return slices.Index(summary.Statuses, a) - slices.Index(summary.Statuses, b)
}

// compilers lists what some builds were made with.
func compilers(builds []*graph.Build) string {
	var names []string
	for _, b := range builds {
		if c := cut(line(b.Compiler()), 60); c != "" && !slices.Contains(names, c) {
			names = append(names, c)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "with " + several(names, maxNames)
}

// orNil is nil where there is nothing, as templates like it.
func (g *Groups) orNil() *Groups {
	if len(g.List) == 0 {
		return nil
	}
	return g
}
