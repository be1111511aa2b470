// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/view"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

const (
	maxGroups = 20 // that are listed
	maxNames  = 3  // platforms, configurations and so on of one
)

// Group is results alike that are bad.
type Group struct {
	Title string // status, name and number of them
	Where string // platforms, architectures, configurations
	Link  string // page of one of them
}

// Groups are the results of an object that are bad.
type Groups struct {
	Noun    string  // "test", for one of them
	List    []Group // the worst
	More    int64   // results that are in none of these
	Example Example // one of the first
}

// Example is a build or a test of which there is a log.
type Example struct {
	Name    string
	Log     string // URL
	Excerpt string
}

// Some tells whether there is anything to show.
func (e Example) Some() bool { return e.Excerpt != "" || e.Log != "" }

// example takes the first that has an excerpt, or else a log.
func (e *Example) example(name, log, excerpt string) {
	if excerpt != "" && e.Excerpt == "" || !e.Some() {
		*e = Example{name, log, excerpt}
	}
}

// title writes a status, a name, and how often there is the same.
func title(status report.Status, name string, n int64) string {
	if n > 1 {
		name += ", " + number(n) + " times"
	}
	return string(status) + ": " + name
}

// BadCheckouts are the checkouts that failed.
func (d Data) BadCheckouts() (*Groups, error) {
	all, err := checkouts(d.Object)
	if err != nil {
		return nil, err
	}
	g := &Groups{Noun: "checkout"}
	for _, c := range all {
		if c.Validity() != report.StatusFail {
			continue
		}
		g.Example.example(line(c.Checkout.ID), c.Log(), excerpt(c.Excerpt()))
		if len(g.List) == maxGroups {
			g.More++
			continue
		}
		g.List = append(g.List, Group{Title: title(c.Validity(), line(c.Checkout.ID), 1), Link: Link(d.Base, c.Ref())})
	}
	return g.orNil(), nil
}

// BadBuilds are the builds that failed, those of the same architecture and
// configuration in one group.
func (d Data) BadBuilds() (*Groups, error) {
	builds, _, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	type key struct {
		status report.Status
		what   string
	}
	alike := map[key][]*view.Build{}
	var keys []key // in the order of the builds
	for _, b := range builds.List {
		k := key{b.Outcome(), strings.TrimSpace(line(b.Architecture()) + " " + line(b.Config()))}
		if view.Bad(object.Counts{k.status: 1}) == 0 {
			continue
		}
		if alike[k] == nil {
			keys = append(keys, k)
		}
		alike[k] = append(alike[k], b)
	}
	slices.SortStableFunc(keys, func(a, b key) int {
		if a.status != b.status {
			return slices.Index(object.Statuses, a.status) - slices.Index(object.Statuses, b.status)
		}
		return cmp.Or(-cmp.Compare(len(alike[a]), len(alike[b])), cmp.Compare(a.what, b.what))
	})
	g := &Groups{Noun: "build"}
	for i, k := range keys {
		group := alike[k]
		if i >= maxGroups {
			g.More += int64(len(group))
			continue
		}
		for _, b := range group {
			g.Example.example(buildName(b), b.Log(), excerpt(b.Excerpt()))
		}
		g.List = append(g.List, Group{
			Title: title(k.status, cmp.Or(k.what, buildName(group[0])), int64(len(group))),
			Where: compilers(group), Link: Link(d.Base, group[0].Ref()),
		})
	}
	return g.orNil(), nil
}

// compilers lists what some builds were made with.
func compilers(builds []*view.Build) string {
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

// BadTests are the tests that failed, those of the same path in one group.
func (d Data) BadTests() (*Groups, error) {
	_, tests, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	failures, err := tests.Failures()
	if err != nil {
		return nil, err
	}
	g := &Groups{Noun: "test", More: failures.Rest().Total()}
	list := failures.List()
	var firsts []string
	for i, f := range list {
		if i >= maxGroups {
			g.More += f.N
			continue
		}
		firsts = append(firsts, f.First)
		g.List = append(g.List, Group{
			Title: title(f.Status, cmp.Or(cut(line(f.Path), maxName), "tests without a path"), f.N),
			Where: where(f), Link: Link(d.Base, object.TestRef(f.First)),
		})
	}
	examples, err := tests.Get(firsts...)
	if err != nil {
		return nil, err
	}
	for _, t := range examples {
		if i := slices.Index(firsts, t.Test.ID); t.Path() == "" && list[i].N == 1 { // others are told apart by it
			g.List[i].Title = title(list[i].Status, cmp.Or(firstLine(t.Remark()), "a test without a path"), 1)
		}
		g.Example.example(testName(t), t.Log(), excerpt(t.Excerpt()))
	}
	return g.orNil(), nil
}

// where says where the tests of a group ran: "arm64 defconfig on rpi4", or of
// several "arm and arm64; defconfig; on rpi4, qemu and 3 more".
func where(g object.Group) string {
	var parts []string
	between := " "
	for _, of := range []struct {
		object.Values
		before string
	}{{g.Architectures, ""}, {g.Configs, ""}, {g.Platforms, "on "}} {
		if len(of.Names) == 0 {
			continue
		}
		if len(of.Names) > 1 {
			between = "; "
		}
		parts = append(parts, of.before+values(of.Values))
	}
	return strings.Join(parts, between)
}

// values lists the first of some values.
func values(v object.Values) string {
	var names []string
	for _, name := range v.Names {
		names = append(names, cut(line(name), 60))
	}
	names = append(names, make([]string, v.More)...) // these are counted only
	return several(names, maxNames)
}

// orNil is nil where there is nothing, as templates like it.
func (g *Groups) orNil() *Groups {
	if len(g.List) == 0 {
		return nil
	}
	return g
}
