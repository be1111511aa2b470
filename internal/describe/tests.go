// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/internal/summary"
	"github.com/kcidb-go/kcidb/object"
)

// suite is tests that fail at the same places and have the same path but for the
// last part: what is wrong is likely one thing.
type suite struct {
	summary.Group
	where string
	names []string // last parts of the paths
}

// total is how many results it stands for.
func (s *suite) total() int64 { return s.N * int64(len(s.names)) }

// BadTests are the tests that failed, of those in which no known issue was seen.
// Tests of the same path are in one group, and so are those of a suite that fail
// at the same places; the largest come first. It is nil where none failed.
func (d *Data) BadTests() (*Groups, error) {
	_, tests, err := results(d.Object)
	if err != nil {
		return nil, err
	}
	known, err := d.findings()
	if err != nil {
		return nil, err
	}
	failures, err := tests.Unexplained()
	if err != nil {
		return nil, err
	}
	counts, err := tests.Counts()
	if err != nil {
		return nil, err
	}
	suites := d.suites(failures)
	if len(suites) == 0 && graph.Bad(counts) > 0 {
		return &Groups{Known: true}, nil
	}
	g := &Groups{Noun: "test", Known: known.Tested(), More: failures.Rest().Total()}
	for _, s := range suites[min(len(suites), maxGroups):] {
		g.More += s.total()
	}
	suites = suites[:min(len(suites), maxGroups)]
	firsts := make([]string, len(suites))
	for i, s := range suites {
		firsts[i] = s.First
	}
	examples, err := tests.Get(firsts...)
	if err != nil {
		return nil, err
	}
	for _, t := range examples {
		g.Example.consider(testName(t), t.Log(), t.Excerpt())
	}
	for _, s := range suites {
		i := slices.IndexFunc(examples, func(t *graph.Test) bool { return t.Test.ID == s.First })
		name := cut(line(s.Path), maxName)
		if s.Path == "" && s.N == 1 && i >= 0 {
			name = cut(firstLine(examples[i].Remark()), maxName)
		}
		group := Group{Where: s.where, Link: pageurl.Of(d.Base, object.TestRef(s.First))}
		if many := len(s.names); many > 1 {
			name = plural(int64(many), "test") + " of " + cut(line(parent(s.Path)), maxName)
			group.Members = several(s.names, maxNames)
		}
		group.Title = title(s.Status, cmp.Or(name, "without a path"), s.N)
		g.List = append(g.List, group)
	}
	return g.orNil(), nil
}

// suites joins groups of failures, and sorts them.
func (d *Data) suites(failures *summary.Groups) []*suite {
	_, one := d.Object.(*graph.Build)
	type key struct {
		status        string
		parent, where string
		n             int64
	}
	alike := map[key]*suite{}
	var all []*suite
	for _, g := range failures.List() {
		where := where(g, one)
		above := parent(g.Path)
		k := key{string(g.Status), above, where, g.N}
		s := alike[k]
		if s == nil {
			s = &suite{Group: g, where: where}
			all = append(all, s)
			if above != "" {
				alike[k] = s
			}
		}
		s.names = append(s.names, cut(line(strings.TrimPrefix(g.Path, above+".")), 60))
	}
	slices.SortStableFunc(all, func(a, b *suite) int {
		return cmp.Or(byStatus(a.Status, b.Status), -cmp.Compare(a.total(), b.total()), cmp.Compare(a.Path, b.Path))
	})
	return all
}

// parent returns the path above a path, "" for none.
func parent(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }

// where says where the tests of a group ran: "arm64 defconfig on rpi4", or of
// several "arm and arm64; defconfig; on rpi4, qemu and 3 more". Of one build's it
// is the platforms only.
func where(g summary.Group, one bool) string {
	var parts []string
	between := " "
	for _, of := range []struct {
		summary.Values
		before string
	}{{g.Architectures, ""}, {g.Configs, ""}, {g.Platforms, "on "}} {
		if len(of.Names) == 0 || one && of.before == "" {
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
func values(v summary.Values) string {
	var names []string
	for _, name := range v.Names {
		names = append(names, cut(line(name), 60))
	}
	names = append(names, make([]string, v.More)...) // these are counted only
	return several(names, maxNames)
}
