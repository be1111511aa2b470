// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/report"
)

const (
	maxGroups = 20 // that a list shows
	maxNames  = 3  // platforms, configurations and so on that a group names
)

// groups are the bad results of an object. Similar results are one group.
type groups struct {
	noun    string // for one result: "test"
	known   bool   // results with a known issue are left out
	list    document.List
	more    int64 // results in groups that the list does not show
	example example
}

// orNil returns nil if no result is bad.
func (g *groups) orNil() *groups {
	if len(g.list) == 0 {
		return nil
	}
	return g
}

// add adds a group: its status, its name, the number of its results, the page of one of
// them, and lines about them.
func (g *groups) add(status report.Status, name string, n int64, url string, lines ...string) {
	if n > 1 {
		name += ", " + verdict.Number(n) + " times"
	}
	item := document.Item{Status: string(status), Title: document.Value{Text: name, URL: url}, Lines: plainValues(lines)}
	g.list = append(g.list, item)
}

// example is a build or a test with a log.
type example struct {
	name    string
	url     string // of the log
	excerpt string
}

func (e example) hasLog() bool { return e.excerpt != "" || e.url != "" }

// consider takes another example if its log has the graver trouble. Of equal examples
// the first stays.
func (e *example) consider(name, url, log string) {
	other := example{name, url, excerpt(log)}
	if !e.hasLog() || other.severity() > e.severity() {
		*e = other
	}
}

// severity returns 0 without an excerpt. Otherwise it is greater if the trouble in the
// excerpt is graver.
func (e example) severity() int {
	if e.excerpt == "" {
		return 0
	}
	return 1 + severity(e.excerpt)
}

// badCheckouts returns the checkouts that failed.
func (d *Data) badCheckouts() (*groups, error) {
	all, err := checkouts(d.Object)
	if err != nil {
		return nil, err
	}
	g := &groups{noun: "checkout"}
	for _, c := range all {
		if c.Validity() != report.StatusFail {
			continue
		}
		if len(g.list) == maxGroups {
			g.more++
			continue
		}
		id := line(c.Checkout.ID)
		g.example.consider(id, c.Log(), c.Excerpt())
		g.add(report.StatusFail, id, 1, pageurl.Of(d.Base, c.Ref()))
	}
	return g.orNil(), nil
}

// badBuilds returns the builds that failed. Builds of the same status, architecture and
// configuration are one group.
func (d *Data) badBuilds() (*groups, error) {
	builds, _, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	judged, err := builds.BadVerdicts()
	if err != nil {
		return nil, err
	}
	type key struct {
		status report.Status
		name   string
	}
	members := map[key][]*graph.Build{}
	var keys []key
	for _, b := range builds.List {
		k := key{b.Outcome(), strings.TrimSpace(line(b.Architecture()) + " " + line(b.Config()))}
		if graph.Bad(summary.Counts{k.status: 1}) == 0 {
			continue
		}
		if members[k] == nil {
			keys = append(keys, k)
		}
		members[k] = append(members[k], b)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(byStatus(a.status, b.status), -cmp.Compare(len(members[a]), len(members[b])), cmp.Compare(a.name, b.name))
	})
	g := &groups{noun: "build"}
	for i, k := range keys {
		group := members[k]
		if i >= maxGroups {
			g.more += int64(len(group))
			continue
		}
		for _, b := range group {
			g.example.consider(buildName(b), b.Log(), b.Excerpt())
		}
		name := cmp.Or(k.name, buildName(group[0]))
		counts := verdict.Counts{}
		for _, b := range group {
			if k := judged[b.Build.ID]; k != "" {
				counts[k]++
			}
		}
		g.add(k.status, name, int64(len(group)), pageurl.Of(d.Base, group[0].Ref()), compilers(group), verdictsOf(counts, int64(len(group))))
	}
	return g.orNil(), nil
}

// byStatus compares statuses. The worse status comes first.
func byStatus(a, b report.Status) int {
	return slices.Index(summary.Statuses, a) - slices.Index(summary.Statuses, b)
}

// compilers lists the compilers of builds: "with clang-17 and gcc-12".
func compilers(builds []*graph.Build) string {
	var names []string
	for _, b := range builds {
		if c := document.Cut(line(b.Compiler()), 60); c != "" && !slices.Contains(names, c) {
			names = append(names, c)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "with " + listWords(names, maxNames)
}
